-- Duties: what a person may do in a clinic besides the role. resources/rights.csv says which action needs which.

-- role or duty x action, written from the table of rights with the grants; nobody reads it but these functions
CREATE TABLE cd.rights(action text NOT NULL, holder text NOT NULL, PRIMARY KEY (action, holder));
-- the clinics in which the signed-in person holds a duty
CREATE FUNCTION cd.duty_clinics(p_duty text) RETURNS uuid[] LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN RETURN ARRAY(SELECT clinic_id FROM staff_duties WHERE user_id = cd.me() AND duty = p_duty AND clinic_id = ANY (cd.my_clinics())); END $$;
CREATE FUNCTION cd.my_duties() RETURNS text[] LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN RETURN ARRAY(SELECT DISTINCT duty::text FROM staff_duties WHERE user_id = cd.me() AND clinic_id = ANY (cd.my_clinics()) ORDER BY 1); END $$;
CREATE FUNCTION cd.has_duty(p_duty text, p_clinic uuid) RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN RETURN coalesce(p_clinic = ANY (cd.duty_clinics(p_duty)), false); END $$;
-- for definer functions: the duty, in any own clinic or in this one
CREATE FUNCTION cd.require_duty(p_duty text) RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT coalesce(cd.has_duty(p_duty), false) THEN RAISE EXCEPTION 'needs the duty %', p_duty USING ERRCODE = '42501'; END IF;
END $$;
CREATE FUNCTION cd.require_duty(p_duty text, p_clinic uuid) RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT cd.has_duty(p_duty, p_clinic) THEN RAISE EXCEPTION 'needs the duty %', p_duty USING ERRCODE = '42501'; END IF;
END $$;
-- what the table says about the signed-in person: by role, or by duty
CREATE FUNCTION cd.may(p_action text) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN RETURN EXISTS (SELECT 1 FROM cd.rights WHERE action = p_action AND (holder = cd.my_role() OR holder = ANY (cd.my_duties()))); END $$;
-- the clinics in which the signed-in person may do it: all own ones by role, or those of the duty
CREATE FUNCTION cd.action_clinics(p_action text) RETURNS uuid[] LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM cd.rights WHERE action = p_action AND holder = cd.my_role()) THEN RETURN cd.my_clinics(); END IF;
  RETURN ARRAY(SELECT DISTINCT d.clinic_id FROM staff_duties d JOIN cd.rights r ON r.holder = d.duty AND r.action = p_action WHERE d.user_id = cd.me() AND d.clinic_id = ANY (cd.my_clinics()));
END $$;
CREATE FUNCTION cd.require_action(p_action text) RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT coalesce(cd.may(p_action), false) THEN RAISE EXCEPTION 'not one of your rights: %', p_action USING ERRCODE = '42501'; END IF;
END $$;

-- nobody gives a duty to oneself while another administrator of the clinic could
CREATE OR REPLACE FUNCTION cd.set_duty(p_clinic uuid, p_user uuid, p_duty text, p_held boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  IF cd.my_role() IS DISTINCT FROM 'admin' OR NOT EXISTS (SELECT 1 FROM clinic_staff WHERE clinic_id = p_clinic AND user_id = p_user) THEN
    RAISE EXCEPTION 'not an account of this clinic' USING ERRCODE = '42501'; END IF;
  IF p_held AND p_user = cd.me() AND EXISTS (SELECT 1 FROM clinic_staff s JOIN users u ON u.id = s.user_id
      WHERE s.clinic_id = p_clinic AND s.is_active AND u.status = 'active' AND u.role = 'admin' AND u.id <> p_user) THEN
    RAISE EXCEPTION 'not your own duties' USING ERRCODE = 'CD012'; END IF;
  IF p_held THEN INSERT INTO staff_duties(clinic_id, user_id, duty, granted_by) VALUES (p_clinic, p_user, p_duty, cd.me()) ON CONFLICT DO NOTHING;
  ELSE DELETE FROM staff_duties WHERE clinic_id = p_clinic AND user_id = p_user AND duty = p_duty; END IF;
END $$;

-- clinic lead: settings, opening hours and holidays. Everybody may hold the duty, so the rows decide, not the grant
DO $$ DECLARE t text; k text; lead text := '((SELECT cd.my_role()) = ''admin'' OR %I = ANY ((SELECT cd.duty_clinics(''clinic_lead''))::uuid[]))'; BEGIN
  FOREACH t IN ARRAY ARRAY['clinic_settings','clinic_holidays','clinics'] LOOP
    k := CASE t WHEN 'clinics' THEN 'id' ELSE 'clinic_id' END;
    EXECUTE format('CREATE POLICY lead_adds ON %I AS RESTRICTIVE FOR INSERT TO cd_staff WITH CHECK (' || lead || ')', t, k);
    EXECUTE format('CREATE POLICY lead_changes ON %I AS RESTRICTIVE FOR UPDATE TO cd_staff USING (' || lead || ') WITH CHECK (' || lead || ')', t, k, k);
  END LOOP;
END $$;
-- who asks for access to charts does not loosen what guards them: those settings stay with the administrators
CREATE POLICY lead_guards ON clinic_settings AS RESTRICTIVE FOR UPDATE TO cd_staff USING (key NOT IN ('care_relation_required','sealed_charts') OR (SELECT cd.my_role()) = 'admin');
CREATE POLICY lead_guards_new ON clinic_settings AS RESTRICTIVE FOR INSERT TO cd_staff WITH CHECK (key NOT IN ('care_relation_required','sealed_charts') OR (SELECT cd.my_role()) = 'admin');
-- a function, since the privilege to delete would let everybody lock the table
CREATE FUNCTION cd.drop_holiday(p_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  DELETE FROM clinic_holidays WHERE id = p_id AND clinic_id = ANY (cd.action_clinics('clinic.lead'));
  IF NOT FOUND THEN RAISE EXCEPTION 'not a holiday of yours' USING ERRCODE = '42501'; END IF;
END $$;

-- a restricted chart: whoever the table of rights says, in the clinics where they hold it
CREATE OR REPLACE FUNCTION cd.set_restricted(p_patient uuid, p_restricted boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = p_patient AND clinic_id = ANY (cd.action_clinics('patients.restrict'))) THEN
    RAISE EXCEPTION 'the privacy officer restricts' USING ERRCODE = '42501'; END IF;
  UPDATE patients SET restricted = p_restricted, row_version = row_version + 1 WHERE user_id = p_patient AND restricted <> p_restricted;
END $$;
-- open seats hear at once of a changed duty or role
CREATE TRIGGER z_feed AFTER INSERT OR DELETE ON staff_duties FOR EACH ROW EXECUTE FUNCTION cd.feed('duties', 'user_id');
CREATE TRIGGER z_feed AFTER UPDATE OF role, is_active ON clinic_staff FOR EACH ROW EXECUTE FUNCTION cd.feed('duties', 'user_id');

-- reading the logs: the clinics of the right, not merely of the person
CREATE OR REPLACE FUNCTION cd.log_reading(p_tab text, p_filter jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE p uuid := (p_filter ->> 'patient')::uuid; out boolean := coalesce((p_filter ->> 'export')::boolean, false); paper boolean := coalesce((p_filter ->> 'print')::boolean, false);
BEGIN   -- op R: read, X: exported or printed
  INSERT INTO audit_log(tab, op, row_id, subject, new) VALUES (p_tab, CASE WHEN out OR paper THEN 'X' ELSE 'R' END, p::text, coalesce(p, cd.me()), jsonb_strip_nulls(p_filter));
  IF (out OR paper) AND p IS NOT NULL THEN INSERT INTO access_log(user_id, seat, patient_id, action, purpose, emergency) VALUES (cd.me(), cd.seat(), p, CASE WHEN paper THEN 'print' ELSE 'export' END, p_tab, false); END IF;
END $$;
CREATE OR REPLACE FUNCTION cd.read_access(p_filter jsonb, p_before bigint, p_limit int)
RETURNS TABLE(id bigint, at timestamptz, user_id uuid, person text, role text, seat text, addr text, patient_id uuid, patient text, mrn text, action text, purpose text, emergency boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE mine uuid[] := cd.action_clinics('access.read'); tz text := (SELECT timezone FROM clinics WHERE clinics.id = (cd.my_clinics())[1]);
  p uuid := (p_filter ->> 'patient')::uuid; w uuid := (p_filter ->> 'person')::uuid;
  d0 timestamptz := (p_filter ->> 'from')::date::timestamp AT TIME ZONE tz; d1 timestamptz := ((p_filter ->> 'to')::date + 1)::timestamp AT TIME ZONE tz;
BEGIN
  IF mine = '{}' THEN RAISE EXCEPTION 'the privacy officer reads this' USING ERRCODE = '42501'; END IF;
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
CREATE OR REPLACE FUNCTION cd.read_emergencies(p_open boolean, p_limit int)
RETURNS TABLE(id uuid, broken_at timestamptz, expires_at timestamptz, user_id uuid, person text, role text, seat text, patient_id uuid, patient text, mrn text, cause text, reason text, note text,
  lines int, reviewer text, reviewed_at timestamptz, review_note text) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE mine uuid[] := cd.action_clinics('access.read');
BEGIN
  IF mine = '{}' THEN RAISE EXCEPTION 'the privacy officer reads this' USING ERRCODE = '42501'; END IF;
  RETURN QUERY
    SELECT e.id, e.broken_at, e.expires_at, e.user_id, cd.full_name(e.user_id), u.role::text, coalesce(e.seat, ''), e.patient_id, cd.full_name(e.patient_id), x.mrn::text, e.cause::text, e.reason::text, e.note::text,
      (SELECT count(*)::int FROM access_log l WHERE l.patient_id = e.patient_id AND l.user_id = e.user_id AND l.emergency AND l.action <> 'glass' AND l.at BETWEEN e.broken_at AND e.expires_at),
      cd.full_name(e.reviewed_by), e.reviewed_at, e.review_note::text
    FROM emergency_accesses e JOIN users u ON u.id = e.user_id JOIN patients x ON x.user_id = e.patient_id
    WHERE e.clinic_id = ANY (mine) AND (NOT p_open OR e.reviewed_at IS NULL) ORDER BY e.reviewed_at IS NOT NULL, e.broken_at DESC LIMIT least(greatest(p_limit, 1), 1000);
  PERFORM cd.log_reading('emergency_accesses', jsonb_build_object('open', p_open));
END $$;
CREATE OR REPLACE FUNCTION cd.review_emergency(p_id uuid, p_note text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE e emergency_accesses;
BEGIN
  SELECT * INTO e FROM emergency_accesses WHERE id = p_id FOR UPDATE;
  IF NOT coalesce(e.clinic_id = ANY (cd.action_clinics('access.read')), false) OR e.user_id = cd.me() THEN RAISE EXCEPTION 'somebody else reviews' USING ERRCODE = '42501'; END IF;
  IF e.reviewed_at IS NOT NULL THEN RAISE EXCEPTION 'reviewed' USING ERRCODE = 'CD050'; END IF;
  UPDATE emergency_accesses SET reviewed_by = cd.me(), reviewed_at = now(), review_note = left(btrim(coalesce(p_note, '')), 300) WHERE id = p_id;
END $$;
-- who is meant by a number in a line: people and clinics of the own clinics by name, others stay a number
CREATE FUNCTION cd.with_names(p_row jsonb, p_clinics uuid[]) RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT jsonb_object_agg(e.key, coalesce(to_jsonb(n.name), e.value)) FROM jsonb_each(p_row) e
    LEFT JOIN LATERAL (SELECT CASE WHEN (e.key LIKE '%\_id' OR e.key LIKE '%\_by') AND e.value #>> '{}' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN (e.value #>> '{}')::uuid END AS id) v ON true
    LEFT JOIN LATERAL (
      SELECT cd.full_name(w.id) AS name FROM (SELECT coalesce((SELECT d.user_id FROM doctor_profiles d WHERE d.id = v.id), v.id) AS id) w
       WHERE EXISTS (SELECT 1 FROM clinic_staff s WHERE s.user_id = w.id AND s.clinic_id = ANY (p_clinics)) OR EXISTS (SELECT 1 FROM patient_clinics pc WHERE pc.patient_id = w.id AND pc.clinic_id = ANY (p_clinics))
      UNION ALL SELECT c.name FROM clinics c WHERE c.id = v.id AND c.id = ANY (p_clinics) LIMIT 1) n ON true $$;
CREATE OR REPLACE FUNCTION cd.read_audit(p_filter jsonb, p_before bigint, p_limit int)
RETURNS TABLE(id bigint, at timestamptz, user_id uuid, person text, seat text, addr text, tab text, op text, row_id text, subject text, old jsonb, new jsonb, masked boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE mine uuid[] := cd.my_clinics(); tz text := (SELECT timezone FROM clinics WHERE clinics.id = (cd.my_clinics())[1]); kind text := coalesce(p_filter ->> 'kind', 'changes');
  p text := p_filter ->> 'patient'; w uuid := (p_filter ->> 'person')::uuid; theirs name[]; rows_of text[]; people text[];
  d0 timestamptz := (p_filter ->> 'from')::date::timestamp AT TIME ZONE tz; d1 timestamptz := ((p_filter ->> 'to')::date + 1)::timestamp AT TIME ZONE tz;
  clinical text[] := ARRAY['patient_allergies','patient_problems','patient_measures','visits','visit_versions','prescriptions','prescription_items','dispenses'];
BEGIN
  PERFORM cd.require_action('audit.read');
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
      CASE WHEN f.tab = ANY (clinical) THEN (SELECT jsonb_object_agg(k, '•••') FROM jsonb_object_keys(f.old) k) ELSE cd.with_names(f.old, mine) END,
      CASE WHEN f.tab = ANY (clinical) THEN (SELECT jsonb_object_agg(k, '•••') FROM jsonb_object_keys(f.new) k) ELSE cd.with_names(f.new, mine) END, f.tab = ANY (clinical)
    FROM found f ORDER BY f.id DESC;
  PERFORM cd.log_reading('audit_log', p_filter);
END $$;
DROP POLICY clinic ON emergency_accesses;
CREATE POLICY clinic ON emergency_accesses TO cd_staff USING (user_id = (SELECT cd.me()) AND clinic_id = ANY ((SELECT cd.my_clinics())::uuid[]) OR clinic_id = ANY ((SELECT cd.action_clinics('access.read'))::uuid[]));

CREATE OR REPLACE FUNCTION cd.break_glass(p_patient uuid, p_reason text, p_note text) RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
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
  -- without a privacy officer beside the person the administrators hear of it
  INSERT INTO notifications(user_id, clinic_id, type, event, title, content, data, is_sent, sent_at, state)
    SELECT s.user_id, c, 'in_app', 'emergency_access', 'A chart was opened without a care relation', 'Please review it: audit, review list.', jsonb_build_object('emergency_access', e.id), true, now(), 'delivered'
      FROM clinic_staff s WHERE s.clinic_id = c AND s.is_active AND s.user_id <> cd.me() AND CASE WHEN EXISTS (SELECT 1 FROM staff_duties d JOIN clinic_staff o ON o.user_id = d.user_id AND o.clinic_id = c AND o.is_active JOIN users u ON u.id = d.user_id AND u.status = 'active'
        WHERE d.clinic_id = c AND d.duty = 'privacy_officer' AND d.user_id <> cd.me())
        THEN EXISTS (SELECT 1 FROM staff_duties d WHERE d.clinic_id = c AND d.user_id = s.user_id AND d.duty = 'privacy_officer') ELSE s.role = 'admin' END;
  RETURN e.expires_at;
END $$;

CREATE OR REPLACE FUNCTION cd.set_relative(p_user uuid, p_patient uuid, p_relation text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN   -- anybody declares the own family; only another person, an administrator, takes one away (relation NULL)
  PERFORM cd.require_action('relatives.declare');
  IF p_relation IS NULL AND p_user = cd.me() THEN RAISE EXCEPTION 'not your own' USING ERRCODE = 'CD012'; END IF;
  IF NOT EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = p_patient AND clinic_id = ANY (cd.my_clinics())) THEN RAISE EXCEPTION 'not a patient of your clinics' USING ERRCODE = '42501'; END IF;
  IF p_user IS DISTINCT FROM cd.me() OR p_relation IS NULL THEN PERFORM cd.require_account(p_user); END IF;
  IF p_relation IS NULL THEN DELETE FROM staff_relatives WHERE user_id = p_user AND patient_id = p_patient;
  ELSE INSERT INTO staff_relatives(user_id, patient_id, relation, recorded_by) VALUES (p_user, p_patient, p_relation, cd.me()) ON CONFLICT (user_id, patient_id) DO UPDATE SET relation = excluded.relation, recorded_by = excluded.recorded_by; END IF;
END $$;
