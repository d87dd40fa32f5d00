-- Identity, accounts and the rules that hold for every seat, whatever program it runs. Codes CDnnn are mapped to
-- words in clinicdesk/repositories/refusals.py.

-- who am I: never from a setting (a client can SET any), always from session_user. plpgsql keeps its plan.
CREATE FUNCTION cd.login_name(email text) RETURNS name LANGUAGE sql IMMUTABLE SET search_path = pg_catalog
AS $$ SELECT ('u_' || substr(encode(sha256(convert_to(lower(btrim(email)), 'UTF8')), 'hex'), 1, 32))::name $$;
CREATE FUNCTION cd.me() RETURNS uuid LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN RETURN (SELECT id FROM public.users WHERE login_role = session_user AND status = 'active'); END $$;
CREATE FUNCTION cd.my_role() RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN RETURN (SELECT role::text FROM public.users WHERE login_role = session_user AND status = 'active'); END $$;
CREATE FUNCTION cd.my_clinics() RETURNS uuid[] LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN (SELECT coalesce(array_agg(s.clinic_id), '{}') FROM public.clinic_staff s JOIN public.users u ON u.id = s.user_id
           WHERE u.login_role = session_user AND u.status = 'active' AND s.is_active);
END $$;
CREATE FUNCTION cd.my_doctor() RETURNS uuid LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN RETURN (SELECT d.id FROM public.doctor_profiles d JOIN public.users u ON u.id = d.user_id WHERE u.login_role = session_user AND u.status = 'active'); END $$;
CREATE FUNCTION cd.is_staff_session() RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog AS $$ SELECT session_user LIKE 'u\_%' $$;
CREATE FUNCTION cd.require_clinic(p_clinic uuid) RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF p_clinic IS NULL OR NOT p_clinic = ANY (cd.my_clinics()) THEN RAISE EXCEPTION 'not a clinic of yours' USING ERRCODE = '42501'; END IF;
END $$;
CREATE FUNCTION cd.seat() RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog AS $$ SELECT nullif(left(regexp_replace(current_setting('clinicdesk.seat', true), '[^[:print:]]', '?', 'g'), 100), '') $$;

-- an administrator rules an account only when all clinics it works in are the own; the server's owner rules all
CREATE FUNCTION cd.require_account(p_user uuid) RETURNS void LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT cd.is_staff_session() THEN RETURN; END IF;
  IF cd.my_role() IS DISTINCT FROM 'admin' OR NOT EXISTS (SELECT 1 FROM clinic_staff WHERE user_id = p_user AND clinic_id = ANY (cd.my_clinics()))
     OR EXISTS (SELECT 1 FROM clinic_staff WHERE user_id = p_user AND is_active AND NOT clinic_id = ANY (cd.my_clinics())) THEN
    RAISE EXCEPTION 'not an account of yours' USING ERRCODE = '42501'; END IF;
END $$;

-- accounts: only these functions create or change logins; only SCRAM verifiers are accepted ----------------------
CREATE FUNCTION cd.check_verifier(v text) RETURNS void LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog AS $$
BEGIN
  -- 4096 rounds exactly: another count tells known names from unknown by the time an answer takes
  IF v IS NULL OR v !~ '^SCRAM-SHA-256\$4096:[A-Za-z0-9+/]{22,64}={0,2}\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$' THEN
    RAISE EXCEPTION 'password must be sent as a SCRAM-SHA-256 verifier' USING ERRCODE = 'CD010';
  END IF;
END $$;
CREATE FUNCTION cd.create_login(p_email text, p_first text, p_last text, p_role text, p_verifier text, p_clinics uuid[], p_must_change boolean DEFAULT true)
RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE u uuid; r name := cd.login_name(p_email); c uuid;
BEGIN
  PERFORM cd.check_verifier(p_verifier);
  IF p_role NOT IN ('admin','doctor','nurse','receptionist','pharmacist') THEN RAISE EXCEPTION 'patients have no desktop login' USING ERRCODE = 'CD011'; END IF;
  IF cd.is_staff_session() THEN
    IF cd.my_role() IS DISTINCT FROM 'admin' OR coalesce(cardinality(p_clinics), 0) = 0 THEN RAISE EXCEPTION 'an account belongs to a clinic of yours' USING ERRCODE = '42501'; END IF;
    FOREACH c IN ARRAY p_clinics LOOP PERFORM cd.require_clinic(c); END LOOP;
  END IF;
  INSERT INTO users(email, role, password_hash, login_role, must_change_password) VALUES (lower(btrim(p_email)), p_role::user_role, 'pg_authid', r, p_must_change) RETURNING id INTO u;
  INSERT INTO user_profiles(user_id, first_name, last_name) VALUES (u, p_first, p_last);
  INSERT INTO clinic_staff(clinic_id, user_id, role) SELECT x, u, p_role::staff_role FROM unnest(p_clinics) x;
  INSERT INTO notification_preferences(user_id) VALUES (u);
  EXECUTE format('CREATE ROLE %I LOGIN PASSWORD %L CONNECTION LIMIT 12 IN ROLE %I', r, p_verifier, 'cd_' || p_role);
  RETURN u;
END $$;
CREATE FUNCTION cd.change_password(p_verifier text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM cd.check_verifier(p_verifier);
  UPDATE users SET must_change_password = false, updated_at = now() WHERE id = cd.me();
  EXECUTE format('ALTER ROLE %I PASSWORD %L', session_user, p_verifier);
END $$;
CREATE FUNCTION cd.force_logout(p_user uuid) RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT cd.require_account(p_user);
  SELECT count(pg_terminate_backend(a.pid))::int FROM pg_stat_activity a JOIN users u ON u.login_role = a.usename
   WHERE u.id = p_user AND a.pid <> pg_backend_pid() $$;
CREATE FUNCTION cd.reset_password(p_user uuid, p_verifier text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE r name;
BEGIN
  PERFORM cd.check_verifier(p_verifier);
  PERFORM cd.require_account(p_user);
  UPDATE users SET must_change_password = true, updated_at = now() WHERE id = p_user AND login_role IS NOT NULL RETURNING login_role INTO r;
  IF r IS NULL THEN RAISE EXCEPTION 'no such account' USING ERRCODE = 'CD013'; END IF;
  EXECUTE format('ALTER ROLE %I PASSWORD %L', r, p_verifier);
  PERFORM cd.force_logout(p_user);
END $$;
CREATE FUNCTION cd.set_active(p_user uuid, p_active boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE r name;
BEGIN
  IF p_user = cd.me() THEN RAISE EXCEPTION 'not your own account' USING ERRCODE = 'CD012'; END IF;
  PERFORM cd.require_account(p_user);
  UPDATE users SET status = (CASE WHEN p_active THEN 'active' ELSE 'inactive' END)::user_status, updated_at = now() WHERE id = p_user AND login_role IS NOT NULL RETURNING login_role INTO r;
  IF r IS NULL THEN RAISE EXCEPTION 'no such account' USING ERRCODE = 'CD013'; END IF;
  -- VALID UNTIL in the past looks like a wrong password; NOLOGIN would tell that the password was right
  EXECUTE format('ALTER ROLE %I VALID UNTIL %L', r, CASE WHEN p_active THEN 'infinity' ELSE '2000-01-01' END);
  IF NOT p_active THEN PERFORM cd.force_logout(p_user); END IF;
END $$;
CREATE FUNCTION cd.set_role(p_user uuid, p_role text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE r name; old text;
BEGIN
  IF p_user = cd.me() THEN RAISE EXCEPTION 'not your own role' USING ERRCODE = 'CD012'; END IF;
  IF p_role NOT IN ('admin','doctor','nurse','receptionist','pharmacist') THEN RAISE EXCEPTION 'no such role' USING ERRCODE = 'CD011'; END IF;
  PERFORM cd.require_account(p_user);
  SELECT login_role, role::text INTO r, old FROM users WHERE id = p_user AND login_role IS NOT NULL FOR UPDATE;
  IF r IS NULL THEN RAISE EXCEPTION 'no such account' USING ERRCODE = 'CD013'; END IF;
  EXECUTE format('REVOKE %I FROM %I', 'cd_' || old, r);
  EXECUTE format('GRANT %I TO %I', 'cd_' || p_role, r);
  UPDATE users SET role = p_role::user_role, updated_at = now() WHERE id = p_user;
  UPDATE clinic_staff SET role = p_role::staff_role WHERE user_id = p_user;
END $$;
CREATE FUNCTION cd.change_email(p_user uuid, p_email text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE old name; new name := cd.login_name(p_email);
BEGIN
  IF p_user = cd.me() THEN RAISE EXCEPTION 'not your own account' USING ERRCODE = 'CD012'; END IF;
  PERFORM cd.require_account(p_user);
  SELECT login_role INTO old FROM users WHERE id = p_user AND login_role IS NOT NULL FOR UPDATE;
  IF old IS NULL THEN RAISE EXCEPTION 'no such account' USING ERRCODE = 'CD013'; END IF;
  UPDATE users SET email = lower(btrim(p_email)), login_role = new, updated_at = now() WHERE id = p_user;
  UPDATE doctor_private_keys SET login_role = new WHERE login_role = old;
  EXECUTE format('ALTER ROLE %I RENAME TO %I', old, new);   -- a SCRAM verifier survives a rename
END $$;
CREATE FUNCTION cd.unlock(p_user uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE r name;
BEGIN
  PERFORM cd.require_account(p_user);
  SELECT login_role INTO r FROM users WHERE id = p_user AND status = 'active';
  IF r IS NOT NULL THEN PERFORM cd.unlock_login(r); END IF;
END $$;
-- one round trip at sign-in: who, where, what, and the keys to the other stores
CREATE FUNCTION cd.signed_in(p_seat text) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE u users; answer jsonb;
BEGIN
  UPDATE users SET last_login_at = now() WHERE id = cd.me() RETURNING * INTO u;
  IF u.id IS NULL THEN RAISE EXCEPTION 'no active account' USING ERRCODE = 'CD014'; END IF;
  INSERT INTO audit_log(tab, op, row_id, subject, new) VALUES ('users', 'L', u.id::text, u.id, jsonb_build_object('event', 'signed_in', 'seat', left(p_seat, 100)));
  SELECT jsonb_build_object('user_id', u.id, 'email', u.email, 'role', u.role, 'must_change_password', u.must_change_password,
    'name', p.first_name || ' ' || p.last_name, 'doctor_id', (SELECT id FROM doctor_profiles WHERE user_id = u.id),
    'clinics', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'name', c.name, 'timezone', c.timezone, 'currency', c.currency, 'address', c.address,
                  'phone', c.phone, 'license_number', c.license_number) ORDER BY s.joined_at, c.name), '[]')
                FROM clinics c JOIN clinic_staff s ON s.clinic_id = c.id WHERE s.user_id = u.id AND s.is_active AND c.is_active),
    'credentials', (SELECT coalesce(jsonb_object_agg(k.service, jsonb_build_object('username', k.username, 'secret', k.secret)), '{}')
                    FROM service_credentials k WHERE pg_has_role(session_user, k.grp, 'MEMBER') AND (k.clinic_id IS NULL OR k.clinic_id = ANY (cd.my_clinics()))),
    'installation', (SELECT to_jsonb(i) - 'one' FROM installation i), 'revision', (SELECT version_num FROM alembic_version))
  INTO answer FROM user_profiles p WHERE p.user_id = u.id;
  RETURN answer;
END $$;

-- patients -------------------------------------------------------------------------------------------------------
CREATE FUNCTION cd.luhn_digit(digits text) RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog AS $$
DECLARE total int := 0; d int; n int := length(digits);
BEGIN
  FOR i IN 1..n LOOP
    d := substr(digits, n - i + 1, 1)::int;
    IF i % 2 = 1 THEN d := d * 2; IF d > 9 THEN d := d - 9; END IF; END IF;
    total := total + d;
  END LOOP;
  RETURN ((10 - total % 10) % 10)::text;
END $$;
CREATE FUNCTION cd.next_mrn() RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE n text := lpad(nextval('mrn_numbers')::text, 7, '0');
BEGIN RETURN 'CD' || n || cd.luhn_digit(n); END $$;                                           -- spec 2.1
CREATE FUNCTION cd.register_patient(p_clinic uuid, p jsonb) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE u uuid := coalesce((p ->> 'id')::uuid, gen_random_uuid()); m text := cd.next_mrn(); phone text := nullif(p ->> 'phone', '');
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  IF (p ->> 'date_of_birth')::date > current_date OR (p ->> 'date_of_birth')::date < current_date - interval '120 years' THEN
    RAISE EXCEPTION 'date of birth' USING ERRCODE = 'CD060'; END IF;
  INSERT INTO users(id, email, phone, password_hash, role) VALUES (u, coalesce(nullif(lower(p ->> 'email'), ''), lower(m) || '@patient.invalid'),
    CASE WHEN phone IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users x WHERE x.phone = p ->> 'phone') THEN phone END, 'no-login', 'patient');
  INSERT INTO user_profiles(user_id, first_name, last_name, date_of_birth, gender, address)
    VALUES (u, p ->> 'first_name', p ->> 'last_name', (p ->> 'date_of_birth')::date, (p ->> 'gender')::gender_type, p -> 'address');
  INSERT INTO patients(user_id, mrn, dob_precision, sex_for_clinical_use, duplicate_reason, registered_by)
    VALUES (u, m, coalesce(p ->> 'dob_precision', 'day'), CASE WHEN p ->> 'gender' IN ('male','female') THEN p ->> 'gender' END, nullif(p ->> 'duplicate_reason', ''), cd.me());
  INSERT INTO patient_clinics VALUES (u, p_clinic);
  IF phone IS NOT NULL THEN INSERT INTO contact_points(user_id, kind, value) VALUES (u, 'phone', phone); END IF;
  INSERT INTO notification_preferences(user_id) VALUES (u);
  RETURN u;
END $$;
-- Row policies keep trigram indexes from being used (their operators are not leakproof), so search runs as definer.
CREATE FUNCTION cd.search_patients(q text, lim int DEFAULT 30)
RETURNS TABLE(id uuid, mrn text, first_name text, last_name text, date_of_birth date, gender text, phone text, restricted boolean, score real)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET pg_trgm.similarity_threshold = 0.3 SET pg_trgm.word_similarity_threshold = 0.5 AS $$
DECLARE mine uuid[] := cd.my_clinics(); f text := btrim(regexp_replace(cd.fold(left(q, 80)), '[\s%_\\]+', ' ', 'g'));
  digits text := regexp_replace(q, '\D', '', 'g'); words text[] := regexp_split_to_array(f, ' '); longest text; hits uuid[]; top int := least(greatest(lim, 1), 100);
BEGIN
  IF f = '' THEN RETURN; END IF;
  IF f ~ '^cd[0-9]+$' THEN
    hits := ARRAY(SELECT p.user_id FROM patients p WHERE p.mrn LIKE upper(f) || '%' ORDER BY p.mrn LIMIT top);
  ELSIF length(digits) >= 4 AND f ~ '^[0-9 +()-]+$' THEN
    hits := ARRAY(SELECT c.user_id FROM contact_points c WHERE c.kind = 'phone' AND c.value LIKE '%' || ltrim(digits, '0') || '%' LIMIT 200)
         || ARRAY(SELECT p.user_id FROM patients p WHERE p.mrn LIKE '%' || digits || '%' AND length(digits) >= 5 LIMIT top);
  ELSE
    -- LIKE ALL cannot use the trigram index; the longest word, as a plain value, can
    longest := '%' || (SELECT w FROM unnest(words) w ORDER BY length(w) DESC LIMIT 1) || '%';
    WITH exact AS MATERIALIZED (SELECT u.user_id FROM user_profiles u WHERE u.search LIKE longest
                                   AND u.search LIKE ALL (ARRAY(SELECT '%' || w || '%' FROM unnest(words) w)) LIMIT 400)
    SELECT array_agg(user_id) INTO hits FROM exact;
    IF coalesce(cardinality(hits), 0) < 5 AND length(f) >= 3 THEN      -- misspelt: nearest by trigrams
      WITH near AS MATERIALIZED (SELECT u.user_id, similarity(u.search, f) s FROM user_profiles u WHERE u.search % f OR f <% u.search)
      SELECT coalesce(hits, '{}') || array_agg(user_id) INTO hits FROM (SELECT user_id FROM near ORDER BY s DESC LIMIT 60) x;
    END IF;
  END IF;
  RETURN QUERY
    SELECT p.user_id, p.mrn::text, u.first_name::text, u.last_name::text, u.date_of_birth, u.gender::text,
           coalesce((SELECT c.value FROM contact_points c WHERE c.user_id = p.user_id AND c.kind = 'phone' LIMIT 1), '')::text, p.restricted,
           CASE WHEN f ~ '^(cd)?[0-9 +()-]+$' THEN 1.0::real ELSE greatest(similarity(u.search, f), word_similarity(f, u.search)) END AS s
      FROM patients p JOIN user_profiles u ON u.user_id = p.user_id
     WHERE p.user_id = ANY (hits) AND p.merged_into IS NULL
       AND EXISTS (SELECT 1 FROM patient_clinics pc WHERE pc.patient_id = p.user_id AND pc.clinic_id = ANY (mine))
     ORDER BY s DESC, u.last_name, u.first_name, p.mrn LIMIT top;
END $$;
-- candidates for the duplicate check (spec 2.2.2): same phone tail, same birthday, or a similar name with a near birth year
CREATE FUNCTION cd.duplicate_candidates(p_name text, p_dob date, p_phone text)
RETURNS TABLE(id uuid, first_name text, last_name text, date_of_birth date, dob_precision text, gender text, phone text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET pg_trgm.similarity_threshold = 0.35 AS $$
DECLARE mine uuid[] := cd.my_clinics(); tail text := right(regexp_replace(coalesce(p_phone, ''), '\D', '', 'g'), 8);
BEGIN
  RETURN QUERY
    WITH hits AS MATERIALIZED (
      (SELECT c.user_id FROM contact_points c WHERE length(tail) = 8 AND c.kind = 'phone' AND c.value LIKE '%' || tail LIMIT 100)
      UNION (SELECT u.user_id FROM user_profiles u WHERE u.search % cd.fold(p_name)
              AND (p_dob IS NULL OR u.date_of_birth IS NULL OR abs(extract(year FROM u.date_of_birth) - extract(year FROM p_dob)) <= 2) LIMIT 200))
    SELECT p.user_id, u.first_name::text, u.last_name::text, u.date_of_birth, p.dob_precision::text, u.gender::text,
           coalesce((SELECT c.value FROM contact_points c WHERE c.user_id = p.user_id AND c.kind = 'phone' LIMIT 1), '')::text
      FROM hits h JOIN patients p ON p.user_id = h.user_id JOIN user_profiles u ON u.user_id = p.user_id
     WHERE p.merged_into IS NULL AND EXISTS (SELECT 1 FROM patient_clinics pc WHERE pc.patient_id = p.user_id AND pc.clinic_id = ANY (mine));
END $$;
CREATE FUNCTION cd.allergies_follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN   -- spec 3.8: adding the first allergy removes 'no known allergy'
  UPDATE patients SET allergy_status = 'listed', allergy_status_at = now(), row_version = row_version + 1 WHERE user_id = NEW.patient_id AND allergy_status <> 'listed';
  RETURN NULL;
END $$;
CREATE TRIGGER allergies_follow AFTER INSERT ON patient_allergies FOR EACH ROW EXECUTE FUNCTION cd.allergies_follow();
CREATE FUNCTION cd.recorded() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN IF cd.is_staff_session() THEN NEW.recorded_by := cd.me(); NEW.recorded_at := now(); END IF; RETURN NEW; END $$;
CREATE TRIGGER a_recorded BEFORE INSERT ON patient_allergies FOR EACH ROW EXECUTE FUNCTION cd.recorded();
CREATE TRIGGER a_recorded BEFORE INSERT ON patient_problems FOR EACH ROW EXECUTE FUNCTION cd.recorded();
CREATE FUNCTION cd.waits() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT cd.is_staff_session() THEN RETURN NEW; END IF;
  IF NOT EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = NEW.patient_id AND clinic_id = NEW.clinic_id) OR (NEW.doctor_id IS NOT NULL AND NOT EXISTS
      (SELECT 1 FROM doctor_profiles d JOIN clinic_staff s ON s.user_id = d.user_id WHERE d.id = NEW.doctor_id AND s.clinic_id = NEW.clinic_id)) THEN
    RAISE EXCEPTION 'patient or doctor not of this clinic' USING ERRCODE = '42501'; END IF;
  NEW.created_by := cd.me(); NEW.created_at := now();
  RETURN NEW;
END $$;
CREATE TRIGGER a_waits BEFORE INSERT ON waiting_list FOR EACH ROW EXECUTE FUNCTION cd.waits();
CREATE FUNCTION cd.no_known_allergies(p_patient uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = p_patient AND clinic_id = ANY (cd.my_clinics())) THEN RAISE EXCEPTION 'not a patient of yours' USING ERRCODE = '42501'; END IF;
  IF EXISTS (SELECT 1 FROM patient_allergies WHERE patient_id = p_patient AND certainty <> 'refuted') THEN RAISE EXCEPTION 'allergies are listed' USING ERRCODE = 'CD061'; END IF;
  UPDATE patients SET allergy_status = 'none_known', allergy_status_at = now(), row_version = row_version + 1 WHERE user_id = p_patient;
END $$;

-- appointments ---------------------------------------------------------------------------------------------------
CREATE FUNCTION cd.appointment_times() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE tz text;
BEGIN
  SELECT timezone INTO tz FROM clinics WHERE id = NEW.clinic_id;
  NEW.start_at := (NEW.appointment_date + NEW.start_time) AT TIME ZONE coalesce(tz, 'UTC');
  NEW.end_at := (NEW.appointment_date + NEW.end_time) AT TIME ZONE coalesce(tz, 'UTC');
  RETURN NEW;
END $$;
CREATE TRIGGER a_times BEFORE INSERT OR UPDATE OF appointment_date, start_time, end_time, clinic_id ON appointments FOR EACH ROW EXECUTE FUNCTION cd.appointment_times();

CREATE FUNCTION cd.appointment_booked() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  -- two inserts of one slot at the same moment could wait for each other inside EXCLUDE: queue them per doctor and day
  PERFORM pg_advisory_xact_lock(hashtextextended(NEW.doctor_id::text, NEW.appointment_date - date '2000-01-01'));
  -- a lapsed hold is cancelled inside the booking's own lock (spec 1.4.2)
  UPDATE appointments SET status = 'cancelled', cancel_reason = 'not_confirmed', cancelled_at = now()
   WHERE doctor_id = NEW.doctor_id AND appointment_date = NEW.appointment_date AND status = 'pending' AND hold_expires_at < now();
  IF NOT cd.is_staff_session() THEN RETURN NEW; END IF;
  IF NEW.status NOT IN ('pending','confirmed') THEN RAISE EXCEPTION 'illegal first status' USING ERRCODE = 'CD002'; END IF;
  IF NEW.start_at < now() - interval '1 minute' THEN RAISE EXCEPTION 'in the past' USING ERRCODE = 'CD003'; END IF;       -- T1
  IF NOT EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = NEW.patient_id AND clinic_id = NEW.clinic_id)
     OR NOT EXISTS (SELECT 1 FROM doctor_profiles d JOIN clinic_staff s ON s.user_id = d.user_id WHERE d.id = NEW.doctor_id AND s.clinic_id = NEW.clinic_id AND s.is_active) THEN
    RAISE EXCEPTION 'patient or doctor not of this clinic' USING ERRCODE = '42501'; END IF;
  IF NEW.room_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM rooms WHERE id = NEW.room_id AND clinic_id = NEW.clinic_id) THEN RAISE EXCEPTION 'not a room of this clinic' USING ERRCODE = '42501'; END IF;
  IF NEW.overbooked AND (NOT EXISTS (SELECT 1 FROM clinic_staff s WHERE s.user_id = cd.me() AND s.clinic_id = NEW.clinic_id AND (s.may_overbook OR s.role = 'admin'))
     OR (SELECT count(*) FROM appointments a WHERE a.doctor_id = NEW.doctor_id AND a.appointment_date = NEW.appointment_date AND a.overbooked AND a.status IN ('pending','confirmed','in_progress'))
        >= (SELECT max_overbook FROM doctor_profiles WHERE id = NEW.doctor_id)) THEN
    RAISE EXCEPTION 'overbooking limit' USING ERRCODE = 'CD004'; END IF;                                                  -- spec 1.7
  NEW.created_by := cd.me(); NEW.created_at := now(); NEW.updated_at := now(); NEW.row_version := 1;
  NEW.checked_in_at := NULL; NEW.started_at := NULL; NEW.completed_at := NULL; NEW.cancelled_at := NULL; NEW.no_show_at := NULL;
  IF NEW.status = 'confirmed' THEN NEW.confirmed_at := now(); NEW.confirmed_by := NEW.created_by; NEW.hold_expires_at := NULL;
  ELSE NEW.confirmed_at := NULL; NEW.confirmed_by := NULL; NEW.hold_expires_at := least(NEW.start_at, coalesce(NEW.hold_expires_at, now() + interval '24 hours')); END IF;
  IF NEW.rescheduled_from_id IS NOT NULL THEN                                                                              -- spec 1.2
    SELECT o.fee INTO NEW.fee FROM appointments o WHERE o.id = NEW.rescheduled_from_id AND o.clinic_id = NEW.clinic_id AND o.patient_id = NEW.patient_id AND o.status = 'rescheduled';
    IF NOT FOUND THEN RAISE EXCEPTION 'not a rescheduled appointment of this patient here' USING ERRCODE = '42501'; END IF;
  END IF;
  IF NEW.fee IS NULL THEN                                                                                                -- spec 0.2: fixed at booking
    NEW.fee := coalesce((SELECT price FROM appointment_types WHERE id = NEW.appointment_type_id), (SELECT consultation_fee FROM doctor_profiles WHERE id = NEW.doctor_id), 0);
  END IF;
  NEW.payment_status := 'pending'; NEW.payment_method := NULL;
  RETURN NEW;
END $$;
CREATE TRIGGER b_booked BEFORE INSERT ON appointments FOR EACH ROW EXECUTE FUNCTION cd.appointment_booked();

CREATE FUNCTION cd.appointment_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE role text := cd.my_role(); t appointment_transitions; tz text; today date;
BEGIN
  IF NOT cd.is_staff_session() OR pg_trigger_depth() > 1 THEN RETURN NEW; END IF;
  NEW.row_version := OLD.row_version + 1; NEW.updated_at := now();
  SELECT timezone INTO tz FROM clinics WHERE id = OLD.clinic_id;
  today := (now() AT TIME ZONE coalesce(tz, 'UTC'))::date;
  IF (NEW.checked_in_at IS DISTINCT FROM OLD.checked_in_at) THEN
    IF OLD.status <> 'confirmed' OR NEW.status <> 'confirmed' OR OLD.appointment_date <> today THEN RAISE EXCEPTION 'arrival of a confirmed appointment of today only' USING ERRCODE = 'CD002'; END IF;
    IF NEW.checked_in_at IS NOT NULL THEN NEW.checked_in_at := now(); END IF;
  END IF;
  IF NEW.end_time <> OLD.end_time AND OLD.status NOT IN ('pending','confirmed','in_progress') THEN RAISE EXCEPTION 'finished' USING ERRCODE = 'CD002'; END IF;
  IF NEW.room_id IS DISTINCT FROM OLD.room_id AND NEW.room_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM rooms WHERE id = NEW.room_id AND clinic_id = NEW.clinic_id) THEN RAISE EXCEPTION 'not a room of this clinic' USING ERRCODE = '42501'; END IF;
  IF NEW.status = OLD.status THEN NEW.cancel_reason := OLD.cancel_reason; RETURN NEW; END IF;
  SELECT * INTO t FROM appointment_transitions x WHERE x.from_status = OLD.status AND x.to_status = NEW.status;
  IF NOT FOUND THEN RAISE EXCEPTION 'illegal transition' USING ERRCODE = 'CD002'; END IF;
  IF NOT role = ANY (t.roles) THEN RAISE EXCEPTION 'not for this role' USING ERRCODE = '42501'; END IF;
  IF t.needs_reason AND NOT (t.rule = 'C2' AND role = 'doctor') AND length(btrim(coalesce(NEW.cancel_reason, ''))) = 0 THEN RAISE EXCEPTION 'reason missing' USING ERRCODE = 'CD005'; END IF;
  CASE t.rule
    WHEN 'T3' THEN
      IF OLD.hold_expires_at < now() THEN RAISE EXCEPTION 'hold lapsed' USING ERRCODE = 'CD002'; END IF;
      NEW.confirmed_at := now(); NEW.confirmed_by := cd.me(); NEW.hold_expires_at := NULL;
    WHEN 'T4', 'T5', 'T10' THEN
      NEW.cancelled_at := now(); NEW.cancelled_by := cd.me(); NEW.late_cancel := OLD.status = 'confirmed' AND now() > OLD.start_at - interval '24 hours';
      IF OLD.payment_status = 'pending' THEN NEW.payment_status := 'failed'; END IF;
    WHEN 'T6' THEN NEW.rescheduled_at := now(); NEW.rescheduled_by := cd.me();
    WHEN 'T7' THEN
      IF OLD.appointment_date <> today OR (OLD.checked_in_at IS NULL AND OLD.consultation_type = 'in_person') THEN RAISE EXCEPTION 'not arrived' USING ERRCODE = 'CD006'; END IF;
      NEW.started_at := now();
    WHEN 'T8' THEN
      IF OLD.checked_in_at IS NOT NULL OR now() < OLD.start_at + interval '15 minutes' THEN RAISE EXCEPTION 'too early, or arrived' USING ERRCODE = 'CD007'; END IF;
      NEW.no_show_at := now(); NEW.no_show_by := cd.me();
    WHEN 'T9' THEN
      IF NOT EXISTS (SELECT 1 FROM visits v WHERE v.appointment_id = OLD.id AND v.status <> 'entered_in_error') THEN RAISE EXCEPTION 'no visit record' USING ERRCODE = 'CD008'; END IF;
      NEW.completed_at := now();
    WHEN 'C1' THEN
      IF OLD.appointment_date <> today THEN RAISE EXCEPTION 'another day' USING ERRCODE = 'CD002'; END IF;
      NEW.no_show_at := NULL; NEW.no_show_by := NULL;
    WHEN 'C2' THEN
      IF role = 'doctor' AND (OLD.doctor_id IS DISTINCT FROM cd.my_doctor() OR OLD.completed_at < now() - interval '24 hours') THEN RAISE EXCEPTION 'the same doctor within 24 h' USING ERRCODE = '42501'; END IF;
      NEW.completed_at := NULL;
  END CASE;
  IF t.rule NOT IN ('T4','T5','T10') THEN NEW.cancel_reason := OLD.cancel_reason; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER b_changed BEFORE UPDATE ON appointments FOR EACH ROW EXECUTE FUNCTION cd.appointment_changed();
CREATE FUNCTION cd.appointment_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN   -- spec 1.1.4: one immutable row a transition
  IF TG_OP = 'UPDATE' AND NEW.status = OLD.status THEN RETURN NULL; END IF;
  INSERT INTO appointment_events(appointment_id, clinic_id, from_status, to_status, actor_id, actor_role, reason, seat)
    VALUES (NEW.id, NEW.clinic_id, CASE WHEN TG_OP = 'UPDATE' THEN OLD.status END, NEW.status, cd.me(), coalesce(cd.my_role(), 'system'), NEW.cancel_reason, cd.seat());
  RETURN NULL;
END $$;
CREATE TRIGGER c_event AFTER INSERT OR UPDATE OF status ON appointments FOR EACH ROW EXECUTE FUNCTION cd.appointment_event();

CREATE FUNCTION cd.appointment_moved() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM payments WHERE appointment_id = ANY (ARRAY(SELECT cd.promise(NEW.id)))) THEN PERFORM cd.mirror_payment(NEW.id); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER d_moved AFTER INSERT ON appointments FOR EACH ROW WHEN (NEW.rescheduled_from_id IS NOT NULL) EXECUTE FUNCTION cd.appointment_moved();

-- The day view in one read: row policies on people and patients would be asked once a row (measured 3 to 5 times the cost).
CREATE FUNCTION cd.day_sheet(p_clinic uuid, p_day date) RETURNS TABLE(id uuid, patient_id uuid, patient_name text, mrn text, doctor_id uuid, doctor_name text, clinic_id uuid, type_id uuid,
  type_name text, day date, start time, "end" time, status text, consultation_type text, chief_complaint text, fee numeric, paid numeric, payment_status text, checked_in_at timestamptz,
  started_at timestamptz, completed_at timestamptz, overbooked boolean, version int)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE money boolean := cd.my_role() IN ('admin', 'doctor', 'receptionist');
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  RETURN QUERY SELECT a.id, a.patient_id, btrim(u.first_name || ' ' || u.last_name), p.mrn::text, a.doctor_id, btrim(du.first_name || ' ' || du.last_name), a.clinic_id,
      a.appointment_type_id, coalesce(t.name, '')::text, a.appointment_date, a.start_time, a.end_time, a.status::text, a.consultation_type::text, coalesce(a.chief_complaint, ''), a.fee,
      CASE WHEN NOT money OR a.payment_status = 'pending' AND a.payment_method IS NULL THEN 0
           ELSE coalesce((SELECT sum(y.amount) FROM payments y WHERE y.appointment_id = a.id), 0)
             + CASE WHEN a.rescheduled_from_id IS NULL THEN 0 ELSE coalesce((SELECT sum(y.amount) FROM payments y WHERE y.appointment_id = ANY (ARRAY(SELECT cd.promise(a.rescheduled_from_id)))), 0) END END,
      a.payment_status::text, a.checked_in_at, a.started_at, a.completed_at, a.overbooked, a.row_version
    FROM appointments a JOIN user_profiles u ON u.user_id = a.patient_id JOIN patients p ON p.user_id = a.patient_id JOIN doctor_profiles d ON d.id = a.doctor_id
      JOIN user_profiles du ON du.user_id = d.user_id LEFT JOIN appointment_types t ON t.id = a.appointment_type_id
    WHERE a.clinic_id = p_clinic AND a.appointment_date = p_day ORDER BY a.start_time, a.id;
END $$;

CREATE FUNCTION cd.append_only() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '42501'; END $$;          -- even for the owner
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON appointment_events FOR EACH STATEMENT EXECUTE FUNCTION cd.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON visit_versions FOR EACH STATEMENT EXECUTE FUNCTION cd.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON access_log FOR EACH STATEMENT EXECUTE FUNCTION cd.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON payments FOR EACH STATEMENT EXECUTE FUNCTION cd.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_movements FOR EACH STATEMENT EXECUTE FUNCTION cd.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON dispenses FOR EACH STATEMENT EXECUTE FUNCTION cd.append_only();

CREATE FUNCTION cd.bump(p_clinic uuid, p_name text, p_year int) RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  INSERT INTO counters AS c VALUES (p_clinic, p_name, p_year, 1) ON CONFLICT (clinic_id, name, year) DO UPDATE SET last = c.last + 1 RETURNING last $$;

-- money ----------------------------------------------------------------------------------------------------------
-- an appointment and the ones it replaced: what was paid moves with it, the ledger keeps its rows (spec 1.8)
CREATE FUNCTION cd.promise(p_appointment uuid) RETURNS SETOF uuid LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  WITH RECURSIVE chain(id, origin) AS (SELECT a.id, a.rescheduled_from_id FROM appointments a WHERE a.id = p_appointment
    UNION SELECT a.id, a.rescheduled_from_id FROM chain c JOIN appointments a ON a.id = c.origin) SELECT id FROM chain $$;
CREATE FUNCTION cd.mirror_payment(p_appointment uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE net numeric; ever boolean; m text;
BEGIN   -- spec 0.2: paid when net >= fee, refunded when net is 0 after a payment
  SELECT coalesce(sum(amount), 0), bool_or(kind = 'payment'), (array_agg(method ORDER BY received_at DESC))[1] INTO net, ever, m FROM payments WHERE appointment_id = ANY (ARRAY(SELECT cd.promise(p_appointment)));
  UPDATE appointments SET payment_status = (CASE WHEN ever AND net = 0 THEN 'refunded' WHEN ever AND net >= coalesce(fee, 0) THEN 'paid' ELSE 'pending' END)::payment_status,
    payment_method = m, row_version = row_version + 1, updated_at = now() WHERE id = p_appointment;
END $$;
CREATE FUNCTION cd.take_payment(p_request uuid, p_appointment uuid, p_amount numeric, p_method text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE a appointments; p uuid; cur char(3); net numeric; y int;
BEGIN
  SELECT id INTO p FROM payments WHERE request_id = p_request AND received_by = cd.me();      -- the same press twice
  IF p IS NOT NULL THEN RETURN p; END IF;
  SELECT * INTO a FROM appointments WHERE id = p_appointment FOR UPDATE;
  PERFORM cd.require_clinic(a.clinic_id);
  IF p_method NOT IN ('cash','card','transfer','pos','insurance') THEN RAISE EXCEPTION 'method' USING ERRCODE = 'CD062'; END IF;
  SELECT coalesce(sum(amount), 0) INTO net FROM payments WHERE appointment_id = ANY (ARRAY(SELECT cd.promise(a.id)));
  IF a.status IN ('cancelled','rescheduled') OR p_amount <= 0 OR net + p_amount > coalesce(a.fee, 0) THEN RAISE EXCEPTION 'amount' USING ERRCODE = 'CD063'; END IF;
  SELECT currency, extract(year FROM now() AT TIME ZONE timezone) INTO cur, y FROM clinics WHERE id = a.clinic_id;
  INSERT INTO payments(clinic_id, patient_id, appointment_id, kind, amount, currency, method, receipt_number, received_by, request_id)
    VALUES (a.clinic_id, a.patient_id, a.id, 'payment', round(p_amount, 2), cur, p_method, 'RC-' || y || '-' || lpad(cd.bump(a.clinic_id, 'receipt', y)::text, 6, '0'), cd.me(), p_request) RETURNING id INTO p;
  PERFORM cd.mirror_payment(a.id);
  PERFORM cd.roll_up_metrics(a.clinic_id, (now() AT TIME ZONE (SELECT timezone FROM clinics WHERE id = a.clinic_id))::date);
  RETURN p;
END $$;

-- visits: reference of a document that is already stored (document first, then this) -----------------------------
CREATE FUNCTION cd.save_visit(p jsonb) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v visits; me uuid := cd.me(); role text := cd.my_role(); s text := p ->> 'status'; n int; clinic uuid := (p ->> 'clinic_id')::uuid;
BEGIN
  PERFORM cd.require_clinic(clinic);
  IF role NOT IN ('doctor','nurse') OR (s <> 'draft' AND role <> 'doctor') THEN RAISE EXCEPTION 'doctors write visits, nurses drafts' USING ERRCODE = '42501'; END IF;
  IF s NOT IN ('draft','signed','amended') THEN RAISE EXCEPTION 'status' USING ERRCODE = 'CD002'; END IF;
  SELECT * INTO v FROM visits WHERE id = (p ->> 'id')::uuid FOR UPDATE;
  IF NOT FOUND THEN
    IF (p ->> 'expected_version')::int IS DISTINCT FROM 0 THEN RAISE EXCEPTION 'stale' USING ERRCODE = 'CD050'; END IF;
    IF s = 'amended' THEN RAISE EXCEPTION 'nothing to amend' USING ERRCODE = 'CD002'; END IF;
    IF NOT EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = (p ->> 'patient_id')::uuid AND clinic_id = clinic) THEN RAISE EXCEPTION 'not a patient of this clinic' USING ERRCODE = '42501'; END IF;
    IF NOT EXISTS (SELECT 1 FROM doctor_profiles d JOIN clinic_staff s ON s.user_id = d.user_id WHERE d.id = (p ->> 'doctor_id')::uuid AND s.clinic_id = clinic) THEN RAISE EXCEPTION 'not a doctor of this clinic' USING ERRCODE = '42501'; END IF;
    IF p ->> 'appointment_id' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM appointments a WHERE a.id = (p ->> 'appointment_id')::uuid AND a.clinic_id = clinic AND a.patient_id = (p ->> 'patient_id')::uuid) THEN
      RAISE EXCEPTION 'not an appointment of this patient here' USING ERRCODE = '42501'; END IF;
    n := 1;
    INSERT INTO visits(id, clinic_id, patient_id, doctor_id, appointment_id, visit_date, visit_type, status, version, document_id, sha256, diagnosis_code, author_id)
      VALUES ((p ->> 'id')::uuid, clinic, (p ->> 'patient_id')::uuid, (p ->> 'doctor_id')::uuid, (p ->> 'appointment_id')::uuid, (p ->> 'visit_date')::timestamptz,
              p ->> 'visit_type', s, n, p ->> 'document_id', p ->> 'sha256', coalesce(p ->> 'diagnosis_code', ''), me);
  ELSE
    IF v.version IS DISTINCT FROM (p ->> 'expected_version')::int THEN RAISE EXCEPTION 'stale' USING ERRCODE = 'CD050'; END IF;
    IF v.patient_id IS DISTINCT FROM (p ->> 'patient_id')::uuid OR v.clinic_id <> clinic THEN RAISE EXCEPTION 'another patient' USING ERRCODE = 'CD051'; END IF;
    IF v.status = 'draft' AND s = 'amended' OR v.status IN ('signed','amended') AND s <> 'amended' OR v.status = 'entered_in_error' THEN RAISE EXCEPTION 'signed visits are amended' USING ERRCODE = 'CD052'; END IF;
    IF s = 'amended' AND length(btrim(coalesce(p ->> 'reason', ''))) = 0 THEN RAISE EXCEPTION 'reason missing' USING ERRCODE = 'CD005'; END IF;
    n := v.version + 1;
    UPDATE visits SET version = n, status = s, document_id = p ->> 'document_id', sha256 = p ->> 'sha256', visit_type = p ->> 'visit_type',
      diagnosis_code = coalesce(p ->> 'diagnosis_code', diagnosis_code), updated_at = now() WHERE id = v.id;
  END IF;
  IF s = 'signed' THEN
    IF (SELECT doctor_id FROM visits WHERE id = (p ->> 'id')::uuid) IS DISTINCT FROM cd.my_doctor() THEN RAISE EXCEPTION 'the visit''s own doctor signs' USING ERRCODE = '42501'; END IF;
    UPDATE visits SET signed_at = now(), signed_by = me WHERE id = (p ->> 'id')::uuid;
  END IF;
  INSERT INTO visit_versions(visit_id, version, clinic_id, document_id, sha256, previous_sha256, status, author_id, reason)
    VALUES ((p ->> 'id')::uuid, n, clinic, p ->> 'document_id', p ->> 'sha256', v.sha256, s, me, p ->> 'reason');
  IF p ? 'weight' AND p ->> 'weight' IS NOT NULL THEN
    DELETE FROM patient_measures WHERE visit_id = (p ->> 'id')::uuid AND kind = 'weight';
    INSERT INTO patient_measures(patient_id, visit_id, kind, value, measured_at, recorded_by)
      VALUES ((p ->> 'patient_id')::uuid, (p ->> 'id')::uuid, 'weight', (p ->> 'weight')::numeric, (p ->> 'visit_date')::timestamptz, me);
  END IF;
  RETURN n;
END $$;
CREATE FUNCTION cd.log_access(p_patient uuid, p_action text, p_purpose text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE mine boolean; r bigint;
BEGIN
  mine := EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = p_patient AND clinic_id = ANY (cd.my_clinics()));
  IF NOT mine AND p_purpose NOT LIKE 'EMERGENCY: _%' THEN RAISE EXCEPTION 'not a patient of your clinics' USING ERRCODE = '42501'; END IF;
  INSERT INTO access_log(user_id, seat, patient_id, action, purpose, emergency) VALUES (cd.me(), cd.seat(), p_patient, p_action, p_purpose, NOT mine) RETURNING id INTO r;
  RETURN r;
END $$;

-- prescriptions ----------------------------------------------------------------------------------------------------
-- RFC 8785: keys by code unit, no spaces, integers only; to_json(text) escapes exactly so
CREATE FUNCTION cd.jcs(j jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN CASE jsonb_typeof(j)
    WHEN 'object' THEN '{' || coalesce((SELECT string_agg(to_json(e.key)::text || ':' || cd.jcs(e.value), ',' ORDER BY e.key COLLATE "C") FROM jsonb_each(j) e), '') || '}'
    WHEN 'array' THEN '[' || coalesce((SELECT string_agg(cd.jcs(e.value), ',' ORDER BY e.n) FROM jsonb_array_elements(j) WITH ORDINALITY e(value, n)), '') || ']'
    WHEN 'string' THEN to_json(j #>> '{}')::text ELSE j::text END;
END $$;
-- RFC 8785 text with its keys written in order: cd.jcs over the whole would take 17 times as long (a test compares them)
CREATE FUNCTION cd.rx_payload(p_id uuid, p_issued timestamptz, p_kid text, p_image text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT '{"checked_against":' || to_json(p.checked_against) || ',"clinic":' || coalesce(to_json(p.clinic_id)::text, 'null') || ',"diagnosis":' || to_json(p.diagnosis)
    || ',"doctor":' || to_json(p.doctor_id) || ',"doctor_license":' || coalesce(to_json(p.doctor_license)::text, 'null') || ',"doctor_name":' || coalesce(to_json(p.doctor_name)::text, 'null')
    || ',"expiry_date":' || coalesce(to_json(p.expiry_date)::text, 'null') || ',"id":' || to_json(p.id)
    || ',"image_sha256":"' || encode(sha256(convert_to(coalesce(p_image, ''), 'UTF8')), 'hex')
    || '","issued_at":' || coalesce(to_json(to_char(p_issued AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))::text, 'null') || ',"issued_date":' || to_json(p.issued_date)
    || ',"items":' || coalesce((SELECT '[' || string_agg('{"directions":' || to_json(i.directions) || ',"dosage":' || to_json(i.dosage) || ',"duration":' || to_json(i.duration)
        || ',"duration_days":' || coalesce(i.duration_days::text, 'null')
        || ',"form":' || to_json(i.form) || ',"frequency":' || to_json(i.frequency) || ',"instructions":' || to_json(coalesce(i.instructions, ''))
        || ',"line":' || i.line || ',"medication":' || to_json(i.medication_id) || ',"name":' || to_json(i.medication_name)
        || ',"override_reason":' || to_json(i.override_reason) || ',"override_rules":' || to_json(i.override_rules) || ',"override_text":' || to_json(i.override_text)
        || ',"quantity":' || coalesce(i.quantity::text, 'null')
        || ',"sig":' || (SELECT CASE WHEN bool_or(jsonb_typeof(e.value) IN ('object', 'array')) THEN cd.jcs(i.sig)
             ELSE '{' || coalesce(string_agg(to_json(e.key) || ':' || e.value::text, ',' ORDER BY e.key COLLATE "C"), '') || '}' END FROM jsonb_each(i.sig) e)
        || ',"strength":' || to_json(i.strength) || '}', ',' ORDER BY i.line) || ']'
        FROM prescription_items i WHERE i.prescription_id = p.id), 'null')
    || ',"kid":' || coalesce(to_json(p_kid)::text, 'null') || ',"notes":' || to_json(coalesce(p.notes, '')) || ',"number":' || to_json(p.prescription_number)
    || ',"patient":' || to_json(p.patient_id) || ',"patient_dob":' || coalesce(to_json(p.patient_dob)::text, 'null') || ',"patient_name":' || coalesce(to_json(p.patient_name)::text, 'null')
    || ',"v":1}' FROM prescriptions p WHERE p.id = p_id $$;
-- what a reader checks: the same rows, the same text
CREATE FUNCTION cd.rx_payload(p_id uuid) RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT cd.rx_payload(p.id, p.issued_at, split_part(p.digital_signature_hash, '.', 2), p.doctor_signature) FROM prescriptions p WHERE p.id = p_id $$;

-- Step 1 of signing: writes the rows, takes the gapless number, gives back the text to sign. Step 2 (rx_sign) must
-- follow in the same transaction: the commit of an unsigned prescription is refused.
CREATE FUNCTION cd.rx_write(p jsonb, p_issued timestamptz, p_kid text, p_image text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE clinic uuid := (p ->> 'clinic_id')::uuid; pat uuid := (p ->> 'patient_id')::uuid; d uuid := cd.my_doctor(); rx uuid := (p ->> 'id')::uuid; y int; n text; tz text;
BEGIN
  PERFORM cd.require_clinic(clinic);
  IF cd.my_role() <> 'doctor' OR d IS NULL THEN RAISE EXCEPTION 'doctors prescribe' USING ERRCODE = '42501'; END IF;
  IF NOT EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = pat AND clinic_id = clinic) THEN RAISE EXCEPTION 'not a patient of this clinic' USING ERRCODE = '42501'; END IF;
  IF p ->> 'appointment_id' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM appointments a WHERE a.id = (p ->> 'appointment_id')::uuid AND a.clinic_id = clinic AND a.patient_id = pat)
     OR p ->> 'replaces_id' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM prescriptions r WHERE r.id = (p ->> 'replaces_id')::uuid AND r.clinic_id = clinic AND r.patient_id = pat) THEN
    RAISE EXCEPTION 'not of this patient here' USING ERRCODE = '42501'; END IF;
  IF (SELECT allergy_status FROM patients WHERE user_id = pat) = 'not_asked' THEN RAISE EXCEPTION 'allergy status' USING ERRCODE = 'CD047'; END IF;
  SELECT timezone INTO tz FROM clinics WHERE id = clinic;
  y := extract(year FROM p_issued AT TIME ZONE tz);
  n := lpad(cd.bump(clinic, 'prescription', y)::text, 6, '0');
  INSERT INTO prescriptions(id, patient_id, doctor_id, appointment_id, clinic_id, prescription_number, diagnosis, notes, issued_date, expiry_date, issued_at,
      patient_name, patient_dob, doctor_name, doctor_license, checked_against, replaces_id)
    SELECT rx, pat, d, (p ->> 'appointment_id')::uuid, clinic, (SELECT 'RX' || CASE WHEN c.number > 1 THEN c.number::text ELSE '' END FROM clinics c WHERE c.id = clinic) || '-' || y || n || cd.luhn_digit(y || n), p ->> 'diagnosis', p ->> 'notes',
      (p_issued AT TIME ZONE tz)::date, (p_issued AT TIME ZONE tz)::date + coalesce((p ->> 'valid_days')::int, 30), p_issued,
      u.first_name || ' ' || u.last_name, u.date_of_birth, dp.first_name || ' ' || dp.last_name, dr.license_number, coalesce(p ->> 'checked_against', ''), (p ->> 'replaces_id')::uuid
    FROM user_profiles u, doctor_profiles dr JOIN user_profiles dp ON dp.user_id = dr.user_id WHERE u.user_id = pat AND dr.id = d;
  INSERT INTO prescription_items(prescription_id, line, medication_id, medication_name, strength, form, dosage, frequency, duration, duration_days, quantity, instructions,
      sig, directions, override_rules, override_reason, override_text)
    SELECT rx, e.n, (e.i ->> 'medication_id')::uuid, e.i ->> 'medication_name', e.i ->> 'strength', e.i ->> 'form', e.i ->> 'dosage', e.i ->> 'frequency', e.i ->> 'duration',
      (e.i ->> 'duration_days')::int, (e.i ->> 'quantity')::int, e.i ->> 'instructions', coalesce(e.i -> 'sig', '{}'), e.i ->> 'directions',
      coalesce(e.i ->> 'override_rules', ''), coalesce(e.i ->> 'override_reason', ''), coalesce(e.i ->> 'override_text', '')
    FROM jsonb_array_elements(p -> 'items') WITH ORDINALITY e(i, n);
  IF NOT FOUND THEN RAISE EXCEPTION 'no items' USING ERRCODE = 'CD048'; END IF;
  RETURN cd.rx_payload(rx, p_issued, p_kid, p_image);
END $$;
-- digital_signature_hash = 'ed25519.<kid 16 hex>.<sha256 of payload, 64 hex>.<signature, 86 base64url>' = 176 characters
CREATE FUNCTION cd.rx_sign(p_id uuid, p_image text, p_seal text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE p prescriptions; kid_ text := split_part(p_seal, '.', 2);
BEGIN
  SELECT * INTO p FROM prescriptions WHERE id = p_id AND doctor_id = cd.my_doctor() AND digital_signature_hash IS NULL FOR UPDATE;
  IF NOT FOUND THEN RAISE EXCEPTION 'not yours to sign' USING ERRCODE = 'CD040'; END IF;
  IF p_seal !~ '^ed25519\.[0-9a-f]{16}\.[0-9a-f]{64}\.[A-Za-z0-9_-]{86}$' THEN RAISE EXCEPTION 'bad seal' USING ERRCODE = 'CD041'; END IF;
  IF length(coalesce(p_image, '')) < 100 THEN RAISE EXCEPTION 'no drawn signature' USING ERRCODE = 'CD049'; END IF;
  IF NOT EXISTS (SELECT 1 FROM doctor_keys k WHERE k.kid = kid_ AND k.doctor_id = p.doctor_id AND revoked_at IS NULL) THEN RAISE EXCEPTION 'key is not yours or revoked' USING ERRCODE = 'CD042'; END IF;
  IF abs(extract(epoch FROM clock_timestamp() - p.issued_at)) > 300 THEN RAISE EXCEPTION 'clock differs' USING ERRCODE = 'CD043'; END IF;
  IF encode(sha256(convert_to(cd.rx_payload(p_id, p.issued_at, kid_, p_image), 'UTF8')), 'hex') <> split_part(p_seal, '.', 3) THEN RAISE EXCEPTION 'payload changed meanwhile' USING ERRCODE = 'CD044'; END IF;
  UPDATE prescriptions SET doctor_signature = p_image, digital_signature_hash = p_seal WHERE id = p_id;
  DELETE FROM prescription_drafts WHERE id = p_id;
  PERFORM cd.roll_up_metrics(p.clinic_id, p.issued_date);
END $$;
CREATE FUNCTION cd.rx_signed_at_commit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF cd.is_staff_session() AND (SELECT digital_signature_hash FROM prescriptions WHERE id = NEW.id) IS NULL THEN RAISE EXCEPTION 'unsigned prescription' USING ERRCODE = 'CD045'; END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER signed_at_commit AFTER INSERT ON prescriptions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cd.rx_signed_at_commit();
CREATE FUNCTION cd.rx_frozen() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN   -- spec 4.9.4: after signing only status, cancellation and counters move; even for the owner
  IF OLD.digital_signature_hash IS NULL THEN RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END; END IF;
  IF TG_OP = 'DELETE' OR to_jsonb(NEW) - '{status,cancelled_at,cancelled_by,cancel_reason,row_version,updated_at}'::text[]
     <> to_jsonb(OLD) - '{status,cancelled_at,cancelled_by,cancel_reason,row_version,updated_at}'::text[] THEN
    RAISE EXCEPTION 'signed prescription' USING ERRCODE = 'CD045'; END IF;
  IF NEW.status <> OLD.status AND OLD.status <> 'active' THEN RAISE EXCEPTION 'closed prescription' USING ERRCODE = 'CD046'; END IF;   -- spec 4.8
  NEW.row_version := OLD.row_version + 1; NEW.updated_at := now();
  RETURN NEW;
END $$;
CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON prescriptions FOR EACH ROW EXECUTE FUNCTION cd.rx_frozen();
CREATE FUNCTION cd.rx_items_frozen() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE ids uuid[] := CASE TG_OP WHEN 'INSERT' THEN ARRAY[NEW.prescription_id] WHEN 'DELETE' THEN ARRAY[OLD.prescription_id] ELSE ARRAY[OLD.prescription_id, NEW.prescription_id] END;
BEGIN
  IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'supplied' = to_jsonb(OLD) - 'supplied' AND pg_trigger_depth() > 1 THEN RETURN NEW; END IF;   -- a supply
  PERFORM 1 FROM prescriptions WHERE id = ANY (ids) FOR SHARE;     -- waits for a signing in progress, and a signing waits for this
  IF EXISTS (SELECT 1 FROM prescriptions WHERE id = ANY (ids) AND digital_signature_hash IS NOT NULL) THEN RAISE EXCEPTION 'signed prescription' USING ERRCODE = 'CD045'; END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER frozen BEFORE INSERT OR UPDATE OR DELETE ON prescription_items FOR EACH ROW EXECUTE FUNCTION cd.rx_items_frozen();
CREATE FUNCTION cd.rx_cancel(p_id uuid, p_reason text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE p prescriptions;
BEGIN
  SELECT * INTO p FROM prescriptions WHERE id = p_id FOR UPDATE;
  PERFORM cd.require_clinic(p.clinic_id);
  IF p.doctor_id IS DISTINCT FROM cd.my_doctor() THEN RAISE EXCEPTION 'the prescriber cancels' USING ERRCODE = '42501'; END IF;
  IF length(btrim(coalesce(p_reason, ''))) = 0 THEN RAISE EXCEPTION 'reason missing' USING ERRCODE = 'CD005'; END IF;
  IF p.status <> 'active' THEN RAISE EXCEPTION 'closed prescription' USING ERRCODE = 'CD046'; END IF;
  UPDATE prescriptions SET status = 'cancelled', cancelled_at = now(), cancelled_by = cd.me(), cancel_reason = p_reason WHERE id = p_id;
END $$;
CREATE FUNCTION cd.add_key(p_public bytea, p_wrapped bytea) RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE k text := substr(encode(sha256(p_public), 'hex'), 1, 16);
BEGIN
  IF cd.my_doctor() IS NULL THEN RAISE EXCEPTION 'doctors have keys' USING ERRCODE = '42501'; END IF;
  UPDATE doctor_keys SET revoked_at = now(), revoke_reason = 'superseded' WHERE doctor_id = cd.my_doctor() AND revoked_at IS NULL;
  INSERT INTO doctor_keys(kid, doctor_id, public_key) VALUES (k, cd.my_doctor(), p_public);
  INSERT INTO doctor_private_keys(kid, wrapped) VALUES (k, p_wrapped);
  RETURN k;
END $$;
CREATE FUNCTION cd.revoke_key(p_kid text, p_reason text, p_since timestamptz) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT cd.require_account((SELECT d.user_id FROM doctor_keys k JOIN doctor_profiles d ON d.id = k.doctor_id WHERE k.kid = p_kid));
  UPDATE doctor_keys SET revoked_at = now(), revoke_reason = p_reason, compromised_since = p_since WHERE kid = p_kid AND revoked_at IS NULL $$;

-- stock --------------------------------------------------------------------------------------------------------------
CREATE FUNCTION cd.stock_apply() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN   -- whoever inserts: current_stock follows the ledger, and each line keeps the balance after it
  UPDATE inventory_items SET current_stock = coalesce(current_stock, 0) + CASE NEW.movement_type WHEN 'out' THEN -NEW.quantity ELSE NEW.quantity END, updated_at = now()
    WHERE id = NEW.inventory_item_id RETURNING current_stock, clinic_id INTO NEW.balance, NEW.clinic_id;
  IF cd.is_staff_session() THEN NEW.performed_by := cd.me(); NEW.created_at := clock_timestamp(); END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER apply BEFORE INSERT ON stock_movements FOR EACH ROW EXECUTE FUNCTION cd.stock_apply();
CREATE FUNCTION cd.stock_is_ledger() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN   -- spec 5.1: current_stock is never edited
  IF (TG_OP = 'INSERT' AND coalesce(NEW.current_stock, 0) <> 0) OR (TG_OP = 'UPDATE' AND NEW.current_stock IS DISTINCT FROM OLD.current_stock AND pg_trigger_depth() < 2) THEN
    RAISE EXCEPTION 'stock follows the movements' USING ERRCODE = 'CD031'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger BEFORE INSERT OR UPDATE OF current_stock ON inventory_items FOR EACH ROW EXECUTE FUNCTION cd.stock_is_ledger();

-- first to expire first; a lot must outlast the course (spec 5.3). Lines: [{"item": prescription item, "qty": n}, ...]
CREATE FUNCTION cd.picks(p_prescription uuid, p_lines jsonb)
RETURNS TABLE(prescription_item_id uuid, inventory_item_id uuid, quantity int, unit_price numeric, short int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  WITH want AS (SELECT i.id, i.medication_id, i.strength, i.form, p.clinic_id, coalesce(i.duration_days, 0) days, sum((l ->> 'qty')::int)::int qty,
                  (now() AT TIME ZONE c.timezone)::date today
                  FROM jsonb_array_elements(p_lines) l JOIN prescription_items i ON i.id = (l ->> 'item')::uuid AND i.prescription_id = p_prescription
                  JOIN prescriptions p ON p.id = i.prescription_id JOIN clinics c ON c.id = p.clinic_id WHERE p.clinic_id = ANY (cd.my_clinics()) GROUP BY i.id, p.clinic_id, c.timezone),
  -- two lines of one medicine share its batches: take them in line order
  need AS (SELECT w.*, sum(qty) OVER (PARTITION BY medication_id, strength, form ORDER BY id) - qty AS ahead FROM want w),
  shelf AS (SELECT n.id, n.qty, n.ahead, b.id batch, b.current_stock stock, b.selling_price,
              sum(b.current_stock) OVER (PARTITION BY n.id ORDER BY b.expiry_date NULLS LAST, b.received_date, b.id) - b.current_stock AS before
              FROM need n JOIN inventory_items b ON b.clinic_id = n.clinic_id AND b.medication_id = n.medication_id AND b.strength = n.strength AND b.form = n.form
             WHERE b.state = 'saleable' AND b.is_active AND b.current_stock > 0 AND (b.expiry_date IS NULL OR b.expiry_date > n.today + n.days)),
  taken AS (SELECT s.id, s.batch, s.selling_price, greatest(0, least(s.before + s.stock, s.ahead + s.qty) - greatest(s.before, s.ahead))::int q FROM shelf s)
  SELECT n.id, t.batch, t.q, t.selling_price, (n.qty - coalesce(sum(t.q) OVER (PARTITION BY n.id), 0))::int
    FROM need n LEFT JOIN taken t ON t.id = n.id AND t.q > 0 $$;
CREATE FUNCTION cd.dispense(p_request uuid, p_prescription uuid, p_lines jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE p prescriptions; k record; mv uuid; tz text;
BEGIN
  IF EXISTS (SELECT 1 FROM dispenses WHERE request_id = p_request AND prescription_id = p_prescription AND clinic_id = ANY (cd.my_clinics())) THEN RETURN; END IF;         -- the same press twice
  SELECT * INTO p FROM prescriptions WHERE id = p_prescription FOR UPDATE;
  IF NOT FOUND OR NOT p.clinic_id = ANY (cd.my_clinics()) THEN RAISE EXCEPTION 'no such prescription' USING ERRCODE = 'CD032'; END IF;
  IF EXISTS (SELECT 1 FROM dispenses WHERE request_id = p_request AND prescription_id = p.id) THEN RETURN; END IF;
  IF EXISTS (SELECT 1 FROM dispenses WHERE request_id = p_request) THEN RAISE EXCEPTION 'request of another prescription' USING ERRCODE = 'CD033'; END IF;
  SELECT timezone INTO tz FROM clinics WHERE id = p.clinic_id;
  IF p.status <> 'active' OR p.digital_signature_hash IS NULL OR p.expiry_date < (now() AT TIME ZONE tz)::date THEN RAISE EXCEPTION 'closed' USING ERRCODE = 'CD046'; END IF;
  IF p.doctor_id IS NOT DISTINCT FROM cd.my_doctor() THEN RAISE EXCEPTION 'prescriber and dispenser differ' USING ERRCODE = '42501'; END IF;   -- spec 4.10
  IF jsonb_array_length(p_lines) = 0 OR EXISTS (SELECT 1 FROM jsonb_array_elements(p_lines) l LEFT JOIN prescription_items i ON i.id = (l ->> 'item')::uuid AND i.prescription_id = p.id
       WHERE i.id IS NULL OR coalesce((l ->> 'qty')::int, 0) <= 0) THEN RAISE EXCEPTION 'lines' USING ERRCODE = 'CD033'; END IF;
  -- 1: lock the batches in id order, in a statement of its own: the next one gets a snapshot newer than the lock
  PERFORM 1 FROM inventory_items b WHERE b.clinic_id = p.clinic_id AND EXISTS (SELECT 1 FROM prescription_items i WHERE i.prescription_id = p.id
     AND i.medication_id = b.medication_id AND i.strength = b.strength AND i.form = b.form) ORDER BY b.id FOR UPDATE;
  -- 2: all or nothing
  IF EXISTS (SELECT 1 FROM cd.picks(p.id, p_lines) x WHERE x.short > 0) THEN RAISE EXCEPTION 'not enough usable stock' USING ERRCODE = 'CD030'; END IF;
  -- 3: take
  FOR k IN SELECT * FROM cd.picks(p.id, p_lines) x ORDER BY x.inventory_item_id, x.prescription_item_id LOOP
    INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, reference_type, reference_id) VALUES (k.inventory_item_id, 'out', k.quantity, 'sale', p.id) RETURNING id INTO mv;
    INSERT INTO dispenses(clinic_id, prescription_id, prescription_item_id, inventory_item_id, movement_id, quantity, unit_price, dispensed_by, request_id)
      VALUES (p.clinic_id, p.id, k.prescription_item_id, k.inventory_item_id, mv, k.quantity, k.unit_price, cd.me(), p_request);
  END LOOP;
  UPDATE prescriptions SET status = (CASE WHEN NOT EXISTS (SELECT 1 FROM prescription_items i WHERE i.prescription_id = p.id AND i.supplied < coalesce(i.quantity, 0)) THEN 'completed' ELSE 'active' END)::prescription_status
    WHERE id = p.id;
END $$;
CREATE FUNCTION cd.dispense_counts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN   -- never beyond the prescribed quantity: the CHECK on prescription_items refuses (spec 4.10)
  UPDATE prescription_items SET supplied = supplied + NEW.quantity WHERE id = NEW.prescription_item_id;
  RETURN NULL;
END $$;
CREATE TRIGGER counts AFTER INSERT ON dispenses FOR EACH ROW EXECUTE FUNCTION cd.dispense_counts();
CREATE FUNCTION cd.receive_batch(p_request uuid, p jsonb) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE b inventory_items; item uuid; clinic uuid := (p ->> 'clinic_id')::uuid; q int := (p ->> 'quantity')::int; x date := (p ->> 'expiry_date')::date;
BEGIN   -- spec 5.1, 5.2: one row a batch; the same batch number with another expiry is refused
  PERFORM cd.require_clinic(clinic);
  -- two first deliveries of one new batch, or one delivery sent twice at once, come one after the other
  PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws('/', clinic, p ->> 'item_code', p ->> 'batch_number'), 1));
  SELECT reference_id INTO item FROM stock_movements WHERE reference_id = p_request AND reference_type = 'purchase';
  IF item IS NOT NULL THEN SELECT inventory_item_id INTO item FROM stock_movements WHERE reference_id = p_request AND reference_type = 'purchase'; RETURN item; END IF;
  IF q IS NULL OR q <= 0 OR length(btrim(coalesce(p ->> 'batch_number', ''))) = 0 THEN RAISE EXCEPTION 'quantity and batch' USING ERRCODE = 'CD033'; END IF;
  IF x IS NULL OR x <= current_date THEN RAISE EXCEPTION 'expired on receipt' USING ERRCODE = 'CD034'; END IF;
  SELECT * INTO b FROM inventory_items i WHERE i.clinic_id = clinic AND i.item_code = p ->> 'item_code' AND i.batch_number = p ->> 'batch_number' FOR UPDATE;
  IF FOUND AND b.expiry_date IS DISTINCT FROM x THEN RAISE EXCEPTION 'batch has another expiry' USING ERRCODE = 'CD035'; END IF;
  IF NOT FOUND THEN
    INSERT INTO inventory_items(clinic_id, medication_id, item_name, item_code, category, unit_of_measure, minimum_stock, maximum_stock, unit_cost, selling_price, supplier_name,
        supplier_contact, expiry_date, batch_number, strength, form, location)
      SELECT clinic, o.medication_id, o.item_name, o.item_code, o.category, o.unit_of_measure, o.minimum_stock, o.maximum_stock, coalesce((p ->> 'unit_cost')::numeric, o.unit_cost), o.selling_price,
        coalesce(nullif(p ->> 'supplier_name', ''), o.supplier_name), o.supplier_contact, x, p ->> 'batch_number', o.strength, o.form, o.location
      FROM inventory_items o WHERE o.clinic_id = clinic AND o.item_code = p ->> 'item_code' ORDER BY o.received_date DESC, o.created_at DESC LIMIT 1 RETURNING * INTO b;
    IF b.id IS NULL THEN RAISE EXCEPTION 'no such product' USING ERRCODE = 'CD032'; END IF;
  END IF;
  INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, unit_cost, reference_type, reference_id, notes) VALUES (b.id, 'in', q, (p ->> 'unit_cost')::numeric, 'purchase', p_request, p ->> 'notes');
  RETURN b.id;
END $$;

-- metrics (spec 7): computed from the facts, for any day ---------------------------------------------------------------
CREATE FUNCTION cd.canonical(p uuid) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce((SELECT merged_into FROM patients WHERE user_id = p), p) $$;
CREATE FUNCTION cd.roll_up_metrics(p_clinic uuid, p_day date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE tz text; d0 timestamptz; d1 timestamptz;
BEGIN
  IF cd.is_staff_session() THEN PERFORM cd.require_clinic(p_clinic); END IF;
  SELECT timezone INTO tz FROM clinics WHERE id = p_clinic;
  IF p_day > (now() AT TIME ZONE tz)::date THEN RETURN; END IF;                                   -- a future day has no row
  d0 := p_day::timestamp AT TIME ZONE tz; d1 := (p_day + 1)::timestamp AT TIME ZONE tz;
  INSERT INTO clinic_metrics AS m (clinic_id, date, total_appointments, completed_appointments, cancelled_appointments, no_show_appointments, total_patients, new_patients, total_prescriptions, revenue)
  SELECT p_clinic, p_day, count(*) FILTER (WHERE ok), count(*) FILTER (WHERE ok AND status = 'completed'), count(*) FILTER (WHERE ok AND status = 'cancelled'),
    count(*) FILTER (WHERE ok AND status = 'no_show'), count(DISTINCT who) FILTER (WHERE status = 'completed'),
    count(DISTINCT who) FILTER (WHERE status = 'completed' AND NOT EXISTS (SELECT 1 FROM appointments e WHERE e.patient_id = x.patient_id AND e.clinic_id = p_clinic AND e.status = 'completed' AND e.appointment_date < p_day)),
    (SELECT count(*) FROM prescriptions r WHERE r.clinic_id = p_clinic AND r.issued_date = p_day AND coalesce(r.cancel_reason, '') <> 'wrong_patient'),
    (SELECT coalesce(sum(amount), 0) FROM payments y WHERE y.clinic_id = p_clinic AND y.received_at >= d0 AND y.received_at < d1)
  FROM (SELECT a.patient_id, a.status, cd.canonical(a.patient_id) who,
          a.status <> 'rescheduled' AND NOT (a.status = 'cancelled' AND coalesce(a.cancel_reason, '') IN ('duplicate','entered_in_error','not_confirmed')) AS ok
        FROM appointments a WHERE a.clinic_id = p_clinic AND a.appointment_date = p_day) x
  ON CONFLICT (clinic_id, date) DO UPDATE SET total_appointments = excluded.total_appointments, completed_appointments = excluded.completed_appointments,
    cancelled_appointments = excluded.cancelled_appointments, no_show_appointments = excluded.no_show_appointments, total_patients = excluded.total_patients,
    new_patients = excluded.new_patients, total_prescriptions = excluded.total_prescriptions, revenue = excluded.revenue
    WHERE (m.total_appointments, m.completed_appointments, m.cancelled_appointments, m.no_show_appointments, m.total_patients, m.new_patients, m.total_prescriptions, m.revenue)
      IS DISTINCT FROM (excluded.total_appointments, excluded.completed_appointments, excluded.cancelled_appointments, excluded.no_show_appointments, excluded.total_patients, excluded.new_patients, excluded.total_prescriptions, excluded.revenue);
END $$;
