-- Administration of access: accounts within the own clinics, duties, who may open which chart, reading of the logs.

-- what happened to an account besides changes of its row: signed_in, sign_in_failed, locked_out, lock_ended, password_reset, signed_out
CREATE FUNCTION cd.account_event(p_user uuid, p_event text) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  INSERT INTO audit_log(tab, op, row_id, subject, new) VALUES ('users', 'L', p_user::text, p_user, jsonb_build_object('event', p_event)) $$;
CREATE OR REPLACE FUNCTION cd.force_logout(p_user uuid) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM cd.require_account(p_user);
  PERFORM cd.account_event(p_user, 'signed_out');
  RETURN (SELECT count(pg_terminate_backend(a.pid))::int FROM pg_stat_activity a JOIN users u ON u.login_role = a.usename
           WHERE u.id = p_user AND a.pid <> pg_backend_pid());
END $$;
CREATE OR REPLACE FUNCTION cd.reset_password(p_user uuid, p_verifier text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE r name;
BEGIN
  PERFORM cd.check_verifier(p_verifier);
  PERFORM cd.require_account(p_user);
  UPDATE users SET must_change_password = true, updated_at = now() WHERE id = p_user AND login_role IS NOT NULL RETURNING login_role INTO r;
  IF r IS NULL THEN RAISE EXCEPTION 'no such account' USING ERRCODE = 'CD013'; END IF;
  PERFORM cd.account_event(p_user, 'password_reset');
  EXECUTE format('ALTER ROLE %I PASSWORD %L', r, p_verifier);
  PERFORM cd.force_logout(p_user);
END $$;
-- the audit keeps the login role of its time: these were it before an address changed
CREATE TABLE former_logins(id uuid PRIMARY KEY DEFAULT gen_random_uuid(), login_role name NOT NULL UNIQUE, user_id uuid NOT NULL REFERENCES users(id), until timestamptz NOT NULL DEFAULT now());
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON former_logins FOR EACH ROW EXECUTE FUNCTION cd.audit();
CREATE OR REPLACE FUNCTION cd.change_email(p_user uuid, p_email text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE old name; new name := cd.login_name(p_email);
BEGIN
  IF p_user = cd.me() THEN RAISE EXCEPTION 'not your own account' USING ERRCODE = 'CD012'; END IF;
  PERFORM cd.require_account(p_user);
  SELECT login_role INTO old FROM users WHERE id = p_user AND login_role IS NOT NULL FOR UPDATE;
  IF old IS NULL THEN RAISE EXCEPTION 'no such account' USING ERRCODE = 'CD013'; END IF;
  IF old = new THEN RETURN; END IF;
  UPDATE users SET email = lower(btrim(p_email)), login_role = new, updated_at = now() WHERE id = p_user;
  UPDATE doctor_private_keys SET login_role = new WHERE login_role = old;
  DELETE FROM former_logins WHERE login_role = new;
  INSERT INTO former_logins(login_role, user_id) VALUES (old, p_user) ON CONFLICT (login_role) DO UPDATE SET user_id = excluded.user_id, until = now();
  EXECUTE format('ALTER ROLE %I RENAME TO %I', old, new);   -- a SCRAM verifier survives a rename
END $$;
-- failures and lockouts reach the audit: the tables belong to the server's owner, who reads the server's log
CREATE FUNCTION cd.login_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE r record; who uuid;
BEGIN
  IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF;
  SELECT id INTO who FROM users WHERE login_role = r.login_role;
  IF who IS NULL THEN RETURN NULL; END IF;                -- a name nobody has: guessing must not fill the audit
  IF TG_TABLE_NAME = 'login_failures' THEN
    INSERT INTO audit_log(login_role, seat, addr, tab, op, row_id, subject, new) VALUES (r.login_role, NULL, r.host::inet, 'users', 'L', who::text, who, jsonb_build_object('event', 'sign_in_failed', 'at', r.at));
  ELSE
    PERFORM cd.account_event(who, CASE TG_OP WHEN 'DELETE' THEN 'lock_ended' ELSE 'locked_out' END);
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION cd.staff_accounts() RETURNS TABLE(user_id uuid, email text, first_name text, last_name text, role text, status text, last_login_at timestamptz, must_change_password boolean,
  locked_until timestamptz, failures int, connections int, clinics uuid[], duties text[], may_overbook boolean) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE mine uuid[] := cd.my_clinics();
BEGIN
  IF cd.my_role() IS DISTINCT FROM 'admin' THEN RAISE EXCEPTION 'administrators only' USING ERRCODE = '42501'; END IF;
  RETURN QUERY
    SELECT u.id, u.email::text, p.first_name::text, p.last_name::text, u.role::text, u.status::text, u.last_login_at, u.must_change_password,
      (SELECT l.until FROM cd.lockouts l WHERE l.login_role = u.login_role AND l.until > now()),
      (SELECT count(*)::int FROM cd.login_failures f WHERE f.login_role = u.login_role AND f.at > now() - interval '10 min'),
      (SELECT count(*)::int FROM pg_stat_activity a WHERE a.usename = u.login_role AND a.datname = current_database()),
      (SELECT array_agg(s.clinic_id ORDER BY s.clinic_id) FROM clinic_staff s WHERE s.user_id = u.id AND s.clinic_id = ANY (mine)),
      (SELECT coalesce(array_agg(DISTINCT d.duty::text), '{}') FROM staff_duties d WHERE d.user_id = u.id AND d.clinic_id = ANY (mine)),
      (SELECT bool_or(s.may_overbook) FROM clinic_staff s WHERE s.user_id = u.id AND s.clinic_id = ANY (mine))
    FROM users u JOIN user_profiles p ON p.user_id = u.id
    WHERE u.login_role IS NOT NULL AND EXISTS (SELECT 1 FROM clinic_staff s WHERE s.user_id = u.id AND s.clinic_id = ANY (mine))
    ORDER BY u.status <> 'active', p.last_name, p.first_name, u.id;
END $$;

-- duties: capabilities of a person in a clinic besides the role -----------------------------------------------------
CREATE TABLE staff_duties(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), user_id uuid NOT NULL REFERENCES users(id),
  duty varchar(24) NOT NULL CHECK (duty IN ('privacy_officer','cashier_lead','records','witness','clinic_lead')),
  granted_by uuid REFERENCES users(id), granted_at timestamptz NOT NULL DEFAULT now(), UNIQUE (clinic_id, user_id, duty));
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON staff_duties FOR EACH ROW EXECUTE FUNCTION cd.audit();
ALTER TABLE staff_duties ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON staff_duties TO cd_staff USING (clinic_id = ANY ((SELECT cd.my_clinics())::uuid[]));
CREATE FUNCTION cd.has_duty(p_duty text) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN RETURN EXISTS (SELECT 1 FROM staff_duties WHERE user_id = cd.me() AND duty = p_duty AND clinic_id = ANY (cd.my_clinics())); END $$;
CREATE FUNCTION cd.set_duty(p_clinic uuid, p_user uuid, p_duty text, p_held boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  IF cd.my_role() IS DISTINCT FROM 'admin' OR NOT EXISTS (SELECT 1 FROM clinic_staff WHERE clinic_id = p_clinic AND user_id = p_user) THEN
    RAISE EXCEPTION 'not an account of this clinic' USING ERRCODE = '42501'; END IF;
  IF p_held THEN INSERT INTO staff_duties(clinic_id, user_id, duty, granted_by) VALUES (p_clinic, p_user, p_duty, cd.me()) ON CONFLICT DO NOTHING;
  ELSE DELETE FROM staff_duties WHERE clinic_id = p_clinic AND user_id = p_user AND duty = p_duty; END IF;
END $$;

-- who may open a chart (spec 2.8) -----------------------------------------------------------------------------------
CREATE TABLE staff_relatives(                             -- own chart and charts of the family: always break-the-glass
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid NOT NULL REFERENCES users(id), patient_id uuid NOT NULL REFERENCES users(id),
  relation varchar(10) NOT NULL CHECK (relation IN ('self','family')), recorded_by uuid REFERENCES users(id), UNIQUE (user_id, patient_id));
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON staff_relatives FOR EACH ROW EXECUTE FUNCTION cd.audit();
ALTER TABLE staff_relatives ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON staff_relatives TO cd_staff USING ((user_id = (SELECT cd.me()) OR (SELECT cd.my_role()) = 'admin')
  AND EXISTS (SELECT 1 FROM clinic_staff s WHERE s.user_id = staff_relatives.user_id));
CREATE TABLE emergency_accesses(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), patient_id uuid NOT NULL REFERENCES users(id),
  user_id uuid NOT NULL REFERENCES users(id), seat text, cause varchar(12) NOT NULL CHECK (cause IN ('no_relation','restricted','own')),
  reason varchar(16) NOT NULL CHECK (reason IN ('emergency','cover','patient_asked','quality_review','other')), note varchar(300) NOT NULL DEFAULT '',
  broken_at timestamptz NOT NULL DEFAULT clock_timestamp(), expires_at timestamptz NOT NULL,
  reviewed_by uuid REFERENCES users(id), reviewed_at timestamptz, review_note varchar(300) NOT NULL DEFAULT '',
  CHECK (reviewed_by IS NULL OR reviewed_by <> user_id));
CREATE INDEX idx_emergency_accesses_open ON emergency_accesses (patient_id, user_id, expires_at);
CREATE INDEX idx_emergency_accesses_review ON emergency_accesses (clinic_id, broken_at) WHERE reviewed_at IS NULL;
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON emergency_accesses FOR EACH ROW EXECUTE FUNCTION cd.audit();
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE ON emergency_accesses FOR EACH ROW EXECUTE FUNCTION cd.feed('access', 'id');
ALTER TABLE emergency_accesses ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON emergency_accesses TO cd_staff USING (clinic_id = ANY ((SELECT cd.my_clinics())::uuid[])
  AND (user_id = (SELECT cd.me()) OR (SELECT cd.my_role()) = 'admin' OR (SELECT cd.has_duty('privacy_officer'))));
ALTER TABLE access_log DROP CONSTRAINT access_log_action_check,
  ADD CONSTRAINT access_log_action_check CHECK (action IN ('view','edit','sign','export','print','dispense','glass','refused'));

-- why this person needs to break the glass: '' (a care relation, or the clinic does not ask for one), no_relation, restricted, own
CREATE FUNCTION cd.glass_cause(p_patient uuid) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE me uuid := cd.me(); mine uuid[] := cd.my_clinics(); doctor uuid := cd.my_doctor();
BEGIN
  IF p_patient = me OR EXISTS (SELECT 1 FROM staff_relatives WHERE user_id = me AND patient_id = p_patient) THEN RETURN 'own'; END IF;
  IF EXISTS (SELECT 1 FROM patients WHERE user_id = p_patient AND restricted) THEN RETURN 'restricted'; END IF;
  IF EXISTS (SELECT 1 FROM patient_clinics pc LEFT JOIN clinic_settings s ON s.clinic_id = pc.clinic_id AND s.key = 'care_relation_required'
      WHERE pc.patient_id = p_patient AND pc.clinic_id = ANY (mine) AND s.value = 'false'::jsonb)
    OR EXISTS (SELECT 1 FROM appointments a JOIN clinics c ON c.id = a.clinic_id WHERE a.patient_id = p_patient AND a.clinic_id = ANY (mine) AND a.status NOT IN ('cancelled','rescheduled')
      AND a.appointment_date BETWEEN (now() AT TIME ZONE c.timezone)::date - 30 AND (now() AT TIME ZONE c.timezone)::date + 90)
    -- the treating doctor, and whoever wrote in the chart lately
    OR EXISTS (SELECT 1 FROM visits v WHERE v.patient_id = p_patient AND v.clinic_id = ANY (mine)
      AND (v.doctor_id = doctor AND v.visit_date > now() - interval '1 year' OR v.author_id = me AND v.updated_at > now() - interval '30 days'))
    OR EXISTS (SELECT 1 FROM prescriptions r WHERE r.patient_id = p_patient AND r.doctor_id = doctor AND r.status = 'active') THEN RETURN ''; END IF;
  RETURN 'no_relation';
END $$;
CREATE FUNCTION cd.glass_until(p_patient uuid) RETURNS timestamptz LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN RETURN (SELECT max(expires_at) FROM emergency_accesses WHERE patient_id = p_patient AND user_id = cd.me() AND expires_at > clock_timestamp()); END $$;
CREATE FUNCTION cd.chart_access(p_patient uuid) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = p_patient AND clinic_id = ANY (cd.my_clinics())) THEN RAISE EXCEPTION 'not a patient of your clinics' USING ERRCODE = '42501'; END IF;
  RETURN CASE WHEN cd.glass_cause(p_patient) = '' THEN 'relation' WHEN cd.glass_until(p_patient) IS NOT NULL THEN 'glass' ELSE 'refused' END;
END $$;
CREATE OR REPLACE FUNCTION cd.log_access(p_patient uuid, p_action text, p_purpose text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE mine boolean; r bigint; cause text := ''; broken boolean := false;
BEGIN
  IF p_action = 'glass' THEN RAISE EXCEPTION 'only cd.break_glass writes this' USING ERRCODE = '42501'; END IF;
  mine := EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = p_patient AND clinic_id = ANY (cd.my_clinics()));
  IF NOT mine AND p_purpose NOT LIKE 'EMERGENCY: _%' THEN RAISE EXCEPTION 'not a patient of your clinics' USING ERRCODE = '42501'; END IF;
  IF mine AND p_action <> 'refused' THEN
    cause := cd.glass_cause(p_patient);
    broken := cause <> '' AND (cd.glass_until(p_patient) IS NOT NULL
      -- a draft that was begun within the hour is finished, not lost
      OR p_action = 'edit' AND EXISTS (SELECT 1 FROM visits v WHERE v.patient_id = p_patient AND v.author_id = cd.me() AND v.status = 'draft' AND v.updated_at > now() - interval '12 hours'));
    IF p_action IN ('view','edit') AND cause <> '' AND NOT broken THEN
      RAISE EXCEPTION 'break the glass' USING ERRCODE = CASE cause WHEN 'no_relation' THEN 'CD021' WHEN 'restricted' THEN 'CD022' ELSE 'CD023' END;
    END IF;
  END IF;
  INSERT INTO access_log(user_id, seat, patient_id, action, purpose, emergency) VALUES (cd.me(), cd.seat(), p_patient, p_action, p_purpose, NOT mine OR broken) RETURNING id INTO r;
  RETURN r;
END $$;
CREATE FUNCTION cd.break_glass(p_patient uuid, p_reason text, p_note text) RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE c uuid; cause text; e emergency_accesses;
BEGIN
  SELECT clinic_id INTO c FROM patient_clinics WHERE patient_id = p_patient AND clinic_id = ANY (cd.my_clinics()) ORDER BY clinic_id LIMIT 1;
  IF c IS NULL OR cd.my_role() NOT IN ('doctor','nurse') THEN RAISE EXCEPTION 'not a patient of your clinics' USING ERRCODE = '42501'; END IF;
  IF p_reason IS NULL OR p_reason NOT IN ('emergency','cover','patient_asked','quality_review','other') THEN RAISE EXCEPTION 'reason' USING ERRCODE = 'CD024'; END IF;
  IF p_reason = 'other' AND length(btrim(coalesce(p_note, ''))) < 10 THEN RAISE EXCEPTION 'ten characters' USING ERRCODE = 'CD025'; END IF;
  cause := cd.glass_cause(p_patient);
  IF cause = '' OR cd.glass_until(p_patient) IS NOT NULL THEN RETURN coalesce(cd.glass_until(p_patient), now()); END IF;
  INSERT INTO emergency_accesses(clinic_id, patient_id, user_id, seat, cause, reason, note, expires_at)
    VALUES (c, p_patient, cd.me(), cd.seat(), cause, p_reason, left(btrim(coalesce(p_note, '')), 300), clock_timestamp() + interval '60 min') RETURNING * INTO e;
  INSERT INTO access_log(user_id, seat, patient_id, action, purpose, emergency) VALUES (e.user_id, e.seat, p_patient, 'glass', p_reason, true);
  -- without a privacy officer the administrators hear of it
  INSERT INTO notifications(user_id, clinic_id, type, event, title, content, data, is_sent, sent_at, state)
    SELECT s.user_id, c, 'in_app', 'emergency_access', 'A chart was opened without a care relation', 'Please review it: audit, review list.', jsonb_build_object('emergency_access', e.id), true, now(), 'delivered'
      FROM clinic_staff s WHERE s.clinic_id = c AND s.is_active AND CASE WHEN EXISTS (SELECT 1 FROM staff_duties d WHERE d.clinic_id = c AND d.duty = 'privacy_officer')
        THEN EXISTS (SELECT 1 FROM staff_duties d WHERE d.clinic_id = c AND d.user_id = s.user_id AND d.duty = 'privacy_officer') ELSE s.role = 'admin' END;
  RETURN e.expires_at;
END $$;
CREATE FUNCTION cd.review_emergency(p_id uuid, p_note text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE e emergency_accesses;
BEGIN
  SELECT * INTO e FROM emergency_accesses WHERE id = p_id FOR UPDATE;
  PERFORM cd.require_clinic(e.clinic_id);
  IF cd.my_role() IS DISTINCT FROM 'admin' AND NOT cd.has_duty('privacy_officer') OR e.user_id = cd.me() THEN RAISE EXCEPTION 'somebody else reviews' USING ERRCODE = '42501'; END IF;
  IF e.reviewed_at IS NOT NULL THEN RAISE EXCEPTION 'reviewed' USING ERRCODE = 'CD050'; END IF;
  UPDATE emergency_accesses SET reviewed_by = cd.me(), reviewed_at = now(), review_note = left(btrim(coalesce(p_note, '')), 300) WHERE id = p_id;
END $$;
CREATE FUNCTION cd.set_relative(p_user uuid, p_patient uuid, p_relation text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN   -- anybody declares the own family; only an administrator takes one away (relation NULL)
  IF NOT EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = p_patient AND clinic_id = ANY (cd.my_clinics())) THEN RAISE EXCEPTION 'not a patient of your clinics' USING ERRCODE = '42501'; END IF;
  IF p_user IS DISTINCT FROM cd.me() OR p_relation IS NULL THEN PERFORM cd.require_account(p_user); END IF;
  IF p_relation IS NULL THEN DELETE FROM staff_relatives WHERE user_id = p_user AND patient_id = p_patient;
  ELSE INSERT INTO staff_relatives(user_id, patient_id, relation, recorded_by) VALUES (p_user, p_patient, p_relation, cd.me()) ON CONFLICT (user_id, patient_id) DO UPDATE SET relation = excluded.relation, recorded_by = excluded.recorded_by; END IF;
END $$;

CREATE FUNCTION cd.set_restricted(p_patient uuid, p_restricted boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF cd.me() IS NULL OR cd.my_role() <> 'admin' AND NOT cd.has_duty('privacy_officer') OR NOT EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = p_patient AND clinic_id = ANY (cd.my_clinics())) THEN
    RAISE EXCEPTION 'the privacy officer restricts' USING ERRCODE = '42501'; END IF;
  UPDATE patients SET restricted = p_restricted, row_version = row_version + 1 WHERE user_id = p_patient AND restricted <> p_restricted;
END $$;

-- reading the logs: every page and every export leaves a line itself --------------------------------------------------
CREATE INDEX idx_audit_log_at ON audit_log USING brin (at);
CREATE INDEX idx_access_log_user ON access_log (user_id, id);
CREATE FUNCTION cd.login_of(p_login name) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce((SELECT id FROM users WHERE login_role = p_login), (SELECT user_id FROM former_logins WHERE login_role = p_login)) $$;
CREATE FUNCTION cd.full_name(p_user uuid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT btrim(first_name || ' ' || last_name) FROM user_profiles WHERE user_id = p_user $$;
CREATE FUNCTION cd.log_reading(p_tab text, p_filter jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE p uuid := (p_filter ->> 'patient')::uuid; out boolean := coalesce((p_filter ->> 'export')::boolean, false);
BEGIN   -- op R: read, X: exported
  INSERT INTO audit_log(tab, op, row_id, subject, new) VALUES (p_tab, CASE WHEN out THEN 'X' ELSE 'R' END, p::text, coalesce(p, cd.me()), jsonb_strip_nulls(p_filter));
  IF out AND p IS NOT NULL THEN INSERT INTO access_log(user_id, seat, patient_id, action, purpose, emergency) VALUES (cd.me(), cd.seat(), p, 'export', p_tab, false); END IF;
END $$;
-- filter: patient, person, action, emergency, from, to (days of the clinic), export; newest first, older than p_before
CREATE FUNCTION cd.read_access(p_filter jsonb, p_before bigint, p_limit int)
RETURNS TABLE(id bigint, at timestamptz, user_id uuid, person text, role text, seat text, addr text, patient_id uuid, patient text, mrn text, action text, purpose text, emergency boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE mine uuid[] := cd.my_clinics(); tz text := (SELECT timezone FROM clinics WHERE clinics.id = (cd.my_clinics())[1]);
  p uuid := (p_filter ->> 'patient')::uuid; w uuid := (p_filter ->> 'person')::uuid;
  d0 timestamptz := (p_filter ->> 'from')::date::timestamp AT TIME ZONE tz; d1 timestamptz := ((p_filter ->> 'to')::date + 1)::timestamp AT TIME ZONE tz;
BEGIN
  IF cd.me() IS NULL OR cd.my_role() <> 'admin' AND NOT cd.has_duty('privacy_officer') THEN RAISE EXCEPTION 'the privacy officer reads this' USING ERRCODE = '42501'; END IF;
  RETURN QUERY
    SELECT l.id, l.at, l.user_id, cd.full_name(l.user_id), u.role::text, coalesce(l.seat, ''), coalesce(host(l.addr), ''), l.patient_id, cd.full_name(l.patient_id), coalesce(x.mrn, '')::text, l.action, l.purpose, l.emergency
      FROM access_log l JOIN users u ON u.id = l.user_id LEFT JOIN patients x ON x.user_id = l.patient_id
     WHERE (p IS NULL OR l.patient_id = p) AND (w IS NULL OR l.user_id = w) AND (p_before IS NULL OR l.id < p_before)
       AND (p_filter ->> 'action' IS NULL OR l.action = p_filter ->> 'action') AND (NOT coalesce((p_filter ->> 'emergency')::boolean, false) OR l.emergency)
       AND (d0 IS NULL OR l.at >= d0) AND (d1 IS NULL OR l.at < d1)
       AND EXISTS (SELECT 1 FROM patient_clinics pc WHERE pc.patient_id = l.patient_id AND pc.clinic_id = ANY (mine))
     ORDER BY l.id DESC LIMIT least(greatest(p_limit, 1), 5000);
  PERFORM cd.log_reading('access_log', p_filter);
END $$;
-- filter: kind (changes, accounts, sign_ins), table, row, patient, person, from, to, export
CREATE FUNCTION cd.read_audit(p_filter jsonb, p_before bigint, p_limit int)
RETURNS TABLE(id bigint, at timestamptz, user_id uuid, person text, seat text, addr text, tab text, op text, row_id text, subject text, old jsonb, new jsonb, masked boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE mine uuid[] := cd.my_clinics(); tz text := (SELECT timezone FROM clinics WHERE clinics.id = (cd.my_clinics())[1]); kind text := coalesce(p_filter ->> 'kind', 'changes');
  p text := p_filter ->> 'patient'; w uuid := (p_filter ->> 'person')::uuid; theirs name[]; rows_of text[]; people text[];
  d0 timestamptz := (p_filter ->> 'from')::date::timestamp AT TIME ZONE tz; d1 timestamptz := ((p_filter ->> 'to')::date + 1)::timestamp AT TIME ZONE tz;
  clinical text[] := ARRAY['patient_allergies','patient_problems','patient_measures','visits','visit_versions','prescriptions','prescription_items','dispenses'];
BEGIN
  IF cd.my_role() IS DISTINCT FROM 'admin' THEN RAISE EXCEPTION 'administrators read this' USING ERRCODE = '42501'; END IF;
  people := ARRAY(SELECT s.user_id::text FROM clinic_staff s WHERE s.clinic_id = ANY (mine));
  theirs := ARRAY(SELECT u.login_role FROM users u WHERE u.id = w UNION ALL SELECT f.login_role FROM former_logins f WHERE f.user_id = w);
  IF p IS NOT NULL THEN
    IF NOT EXISTS (SELECT 1 FROM patient_clinics pc WHERE pc.patient_id = p::uuid AND pc.clinic_id = ANY (mine)) THEN RAISE EXCEPTION 'not a patient of yours' USING ERRCODE = '42501'; END IF;
    rows_of := ARRAY(SELECT x.id::text FROM appointments x WHERE x.patient_id = p::uuid UNION ALL SELECT x.id::text FROM prescriptions x WHERE x.patient_id = p::uuid);
  END IF;
  RETURN QUERY
    WITH found AS (SELECT a.* FROM audit_log a
     WHERE (p_before IS NULL OR a.id < p_before) AND (d0 IS NULL OR a.at >= d0) AND (d1 IS NULL OR a.at < d1)
       AND CASE kind
         WHEN 'sign_ins' THEN a.op = 'L' AND a.new ->> 'event' IN ('signed_in','sign_in_failed','locked_out','lock_ended')
         WHEN 'accounts' THEN a.tab IN ('users','clinic_staff','staff_duties','staff_relatives','doctor_keys') AND (a.op IN ('I','D') OR a.op = 'L' AND a.new ->> 'event' NOT IN ('signed_in','sign_in_failed')
           OR a.op = 'U' AND a.new ?| ARRAY['role','status','email','must_change_password','may_overbook','is_active','revoked_at','relation']) AND NOT (a.tab = 'users' AND a.op = 'I' AND a.new ->> 'role' = 'patient')
         WHEN 'reading' THEN a.op IN ('R','X')
         ELSE a.op IN ('I','U','D') AND a.tab NOT IN ('access_log') AND NOT (a.tab = 'users' AND a.op = 'U' AND a.new - 'last_login_at' = '{}'::jsonb) END
       AND (p_filter ->> 'table' IS NULL OR a.tab = p_filter ->> 'table') AND (p_filter ->> 'row' IS NULL OR a.row_id = p_filter ->> 'row')
       AND (w IS NULL OR a.login_role = ANY (theirs) OR kind <> 'changes' AND a.subject = w)
       AND (p IS NULL OR a.subject = p::uuid OR a.row_id = ANY (rows_of))
       AND (a.clinic_id = ANY (mine) OR a.clinic_id IS NULL AND (a.subject IS NULL OR a.subject::text = ANY (people)
         OR EXISTS (SELECT 1 FROM patient_clinics pc WHERE pc.patient_id = a.subject AND pc.clinic_id = ANY (mine))))
     ORDER BY a.id DESC LIMIT least(greatest(p_limit, 1), 5000))
    SELECT f.id, f.at, cd.login_of(f.login_role), coalesce(cd.full_name(cd.login_of(f.login_role)), ''), coalesce(f.seat, ''), coalesce(host(f.addr), ''), f.tab::text, f.op, coalesce(f.row_id, ''),
      coalesce(cd.full_name(f.subject), ''),
      -- clinical content stays with those who treat: an administrator sees which fields changed
      CASE WHEN f.tab = ANY (clinical) THEN (SELECT jsonb_object_agg(k, '•••') FROM jsonb_object_keys(f.old) k) ELSE f.old END,
      CASE WHEN f.tab = ANY (clinical) THEN (SELECT jsonb_object_agg(k, '•••') FROM jsonb_object_keys(f.new) k) ELSE f.new END, f.tab = ANY (clinical)
    FROM found f ORDER BY f.id DESC;
  PERFORM cd.log_reading('audit_log', p_filter);
END $$;
CREATE FUNCTION cd.read_emergencies(p_open boolean, p_limit int)
RETURNS TABLE(id uuid, broken_at timestamptz, expires_at timestamptz, user_id uuid, person text, role text, seat text, patient_id uuid, patient text, mrn text, cause text, reason text, note text,
  lines int, reviewer text, reviewed_at timestamptz, review_note text) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE mine uuid[] := cd.my_clinics();
BEGIN
  IF cd.me() IS NULL OR cd.my_role() <> 'admin' AND NOT cd.has_duty('privacy_officer') THEN RAISE EXCEPTION 'the privacy officer reads this' USING ERRCODE = '42501'; END IF;
  RETURN QUERY
    SELECT e.id, e.broken_at, e.expires_at, e.user_id, cd.full_name(e.user_id), u.role::text, coalesce(e.seat, ''), e.patient_id, cd.full_name(e.patient_id), x.mrn::text, e.cause::text, e.reason::text, e.note::text,
      (SELECT count(*)::int FROM access_log l WHERE l.patient_id = e.patient_id AND l.user_id = e.user_id AND l.emergency AND l.action <> 'glass' AND l.at BETWEEN e.broken_at AND e.expires_at),
      cd.full_name(e.reviewed_by), e.reviewed_at, e.review_note::text
    FROM emergency_accesses e JOIN users u ON u.id = e.user_id JOIN patients x ON x.user_id = e.patient_id
    WHERE e.clinic_id = ANY (mine) AND (NOT p_open OR e.reviewed_at IS NULL) ORDER BY e.reviewed_at IS NOT NULL, e.broken_at DESC LIMIT least(greatest(p_limit, 1), 1000);
  PERFORM cd.log_reading('emergency_accesses', jsonb_build_object('open', p_open));
END $$;

-- seals name the row: the hashes of a seal's rows are kept; sha256(previous, end, hashes) is the seal, so they prove themselves
CREATE TABLE audit_leaves(no bigint PRIMARY KEY, ids bigint[] NOT NULL, hashes bytea NOT NULL);
CREATE OR REPLACE FUNCTION cd.seal() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE last audit_seals; upto xid8; n bigint; leaves bytea; keys bigint[];
BEGIN
  IF NOT pg_try_advisory_xact_lock(4711) THEN RETURN NULL; END IF;
  SELECT * INTO last FROM audit_seals ORDER BY no DESC LIMIT 1;
  upto := pg_snapshot_xmin(pg_current_snapshot());
  SELECT count(*), coalesce(string_agg(cd.audit_row_hash(a), '' ORDER BY a.xid, a.id), ''), coalesce(array_agg(a.id ORDER BY a.xid, a.id), '{}') INTO n, leaves, keys
    FROM audit_log a WHERE a.xid >= last.to_xid AND a.xid < upto;
  IF n = 0 THEN RETURN last.no; END IF;
  INSERT INTO audit_seals VALUES (last.no + 1, clock_timestamp(), last.to_xid, upto, n, last.hash, sha256(last.hash || convert_to(upto::text, 'UTF8') || leaves));
  INSERT INTO audit_leaves VALUES (last.no + 1, keys, leaves);
  RETURN last.no + 1;
END $$;

-- what the server's owner made at installation
RESET ROLE;
GRANT SELECT ON cd.login_failures, cd.lockouts TO cd_owner;
GRANT EXECUTE ON FUNCTION cd.login_event() TO CURRENT_USER;
CREATE OR REPLACE TRIGGER z_event AFTER INSERT ON cd.login_failures FOR EACH ROW EXECUTE FUNCTION cd.login_event();
CREATE OR REPLACE TRIGGER z_event AFTER INSERT OR DELETE ON cd.lockouts FOR EACH ROW EXECUTE FUNCTION cd.login_event();
SET ROLE cd_owner;
