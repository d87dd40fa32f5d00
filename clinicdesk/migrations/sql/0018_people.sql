-- One person, two records: whoever opens one chart sees both, and what guards one guards both (spec 2.3). Quicker search.

-- the chart's door: a care relation, a restriction or a relative of one record counts for the person

CREATE OR REPLACE FUNCTION cd.glass_cause(p_patient uuid) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE me uuid := cd.me(); mine uuid[] := cd.my_clinics(); doctor uuid := cd.my_doctor();
BEGIN
  IF me = ANY (ARRAY(SELECT cd.same_person(p_patient))) OR EXISTS (SELECT 1 FROM staff_relatives WHERE user_id = me AND patient_id = ANY (ARRAY(SELECT cd.same_person(p_patient)))) THEN RETURN 'own'; END IF;
  IF EXISTS (SELECT 1 FROM patients WHERE user_id = ANY (ARRAY(SELECT cd.same_person(p_patient))) AND restricted) THEN RETURN 'restricted'; END IF;
  IF EXISTS (SELECT 1 FROM patient_clinics pc LEFT JOIN clinic_settings s ON s.clinic_id = pc.clinic_id AND s.key = 'care_relation_required'
      WHERE pc.patient_id = ANY (ARRAY(SELECT cd.same_person(p_patient))) AND pc.clinic_id = ANY (mine) AND s.value = 'false'::jsonb)
    OR EXISTS (SELECT 1 FROM appointments a JOIN clinics c ON c.id = a.clinic_id WHERE a.patient_id = ANY (ARRAY(SELECT cd.same_person(p_patient))) AND a.clinic_id = ANY (mine) AND a.status NOT IN ('cancelled','rescheduled')
      AND a.appointment_date BETWEEN (now() AT TIME ZONE c.timezone)::date - 30 AND (now() AT TIME ZONE c.timezone)::date + 90)
    -- the treating doctor, and whoever wrote in the chart lately
    OR EXISTS (SELECT 1 FROM visits v WHERE v.patient_id = ANY (ARRAY(SELECT cd.same_person(p_patient))) AND v.clinic_id = ANY (mine)
      AND (v.doctor_id = doctor AND v.visit_date > now() - interval '1 year' OR v.author_id = me AND v.updated_at > now() - interval '30 days'))
    OR EXISTS (SELECT 1 FROM prescriptions r WHERE r.patient_id = ANY (ARRAY(SELECT cd.same_person(p_patient))) AND r.doctor_id = doctor AND r.status = 'active') THEN RETURN ''; END IF;
  RETURN 'no_relation';
END $$;
CREATE OR REPLACE FUNCTION cd.glass_until(p_patient uuid) RETURNS timestamptz LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN RETURN (SELECT max(expires_at) FROM emergency_accesses WHERE patient_id = ANY (ARRAY(SELECT cd.same_person(p_patient))) AND user_id = cd.me() AND expires_at > clock_timestamp()); END $$;
CREATE OR REPLACE FUNCTION cd.chart_access(p_patient uuid) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = ANY (ARRAY(SELECT cd.same_person(p_patient))) AND clinic_id = ANY (cd.my_clinics())) THEN RAISE EXCEPTION 'not a patient of your clinics' USING ERRCODE = '42501'; END IF;
  RETURN CASE WHEN cd.glass_cause(p_patient) = '' THEN 'relation' WHEN cd.glass_until(p_patient) IS NOT NULL THEN 'glass' ELSE 'refused' END;
END $$;
-- a line of the log names the record that lives on, whichever was asked for
CREATE OR REPLACE FUNCTION cd.log_access(p_patient uuid, p_action text, p_purpose text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE mine boolean; r bigint; cause text := ''; broken boolean := false;
BEGIN
  p_patient := cd.canonical(p_patient);
  IF p_action = 'glass' THEN RAISE EXCEPTION 'only cd.break_glass writes this' USING ERRCODE = '42501'; END IF;
  mine := EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = ANY (ARRAY(SELECT cd.same_person(p_patient))) AND clinic_id = ANY (cd.my_clinics()));
  IF NOT mine AND p_purpose NOT LIKE 'EMERGENCY: _%' THEN RAISE EXCEPTION 'not a patient of your clinics' USING ERRCODE = '42501'; END IF;
  IF mine AND p_action <> 'refused' THEN
    cause := cd.glass_cause(p_patient);
    broken := cause <> '' AND (cd.glass_until(p_patient) IS NOT NULL
      -- a draft that was begun within the hour is finished, not lost
      OR p_action = 'edit' AND EXISTS (SELECT 1 FROM visits v WHERE v.patient_id = ANY (ARRAY(SELECT cd.same_person(p_patient))) AND v.author_id = cd.me() AND v.status = 'draft' AND v.updated_at > now() - interval '12 hours'));
    IF p_action IN ('view','edit') AND cause <> '' AND NOT broken THEN
      RAISE EXCEPTION 'break the glass' USING ERRCODE = CASE cause WHEN 'no_relation' THEN 'CD021' WHEN 'restricted' THEN 'CD022' ELSE 'CD023' END;
    END IF;
  END IF;
  INSERT INTO access_log(user_id, seat, patient_id, action, purpose, emergency) VALUES (cd.me(), cd.seat(), p_patient, p_action, p_purpose, NOT mine OR broken) RETURNING id INTO r;
  RETURN r;
END $$;
CREATE OR REPLACE FUNCTION cd.break_glass(p_patient uuid, p_reason text, p_note text) RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE c uuid; cause text; e emergency_accesses;
BEGIN
  p_patient := cd.canonical(p_patient);
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
-- asked for one record, the log shows the person's
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
     WHERE (p IS NULL OR l.patient_id = ANY (ARRAY(SELECT cd.same_person(p)))) AND (w IS NULL OR l.user_id = w) AND (p_before IS NULL OR l.id < p_before)
       AND (p_filter ->> 'action' IS NULL OR l.action = p_filter ->> 'action') AND (NOT coalesce((p_filter ->> 'emergency')::boolean, false) OR l.emergency)
       AND (d0 IS NULL OR l.at >= d0) AND (d1 IS NULL OR l.at < d1)
       AND EXISTS (SELECT 1 FROM patient_clinics pc WHERE pc.patient_id = l.patient_id AND pc.clinic_id = ANY (mine))
     ORDER BY l.id DESC LIMIT least(greatest(p_limit, 1), 5000);
  PERFORM cd.log_reading('access_log', p_filter);
END $$;
-- the keys of both records, for a line about either
CREATE OR REPLACE FUNCTION cd.chart_key(p_access bigint) RETURNS TABLE(patient_id uuid, clinic_id uuid, key bytea) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE a access_log; mine uuid[] := cd.my_clinics(); theirs uuid[];
BEGIN
  SELECT * INTO a FROM access_log WHERE id = p_access;
  IF a.id IS NULL OR a.user_id IS DISTINCT FROM cd.me() OR a.action NOT IN ('view','edit') OR a.xid = pg_current_xact_id() OR a.at < clock_timestamp() - interval '5 min' THEN
    RAISE EXCEPTION 'no committed line of the access log' USING ERRCODE = 'CD020'; END IF;
  theirs := ARRAY(SELECT clinic_id FROM patient_clinics WHERE patient_id = ANY (ARRAY(SELECT cd.same_person(a.patient_id))) AND clinic_id = ANY (mine));
  IF cd.my_role() IS NULL OR cd.my_role() NOT IN ('doctor','nurse') OR cardinality(theirs) = 0 THEN RAISE EXCEPTION 'not a patient of your clinics' USING ERRCODE = '42501'; END IF;
  PERFORM cd.make_chart_keys(ARRAY(SELECT cd.same_person(a.patient_id)), theirs);
  RETURN QUERY SELECT k.patient_id, k.clinic_id, k.key FROM chart_keys k WHERE k.clinic_id = ANY (mine)
    AND k.patient_id = ANY (ARRAY(SELECT cd.same_person(a.patient_id)));
END $$;
CREATE OR REPLACE FUNCTION cd.save_visit(p jsonb) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
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
    IF p ->> 'appointment_id' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM appointments a WHERE a.id = (p ->> 'appointment_id')::uuid AND a.clinic_id = clinic AND a.patient_id = ANY (ARRAY(SELECT cd.same_person((p ->> 'patient_id')::uuid)))) THEN
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
CREATE OR REPLACE FUNCTION cd.no_known_allergies(p_patient uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  p_patient := cd.canonical(p_patient);
  IF NOT EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = p_patient AND clinic_id = ANY (cd.my_clinics())) THEN RAISE EXCEPTION 'not a patient of yours' USING ERRCODE = '42501'; END IF;
  IF EXISTS (SELECT 1 FROM patient_allergies WHERE patient_id = ANY (ARRAY(SELECT cd.same_person(p_patient))) AND certainty <> 'refuted') THEN RAISE EXCEPTION 'allergies are listed' USING ERRCODE = 'CD061'; END IF;
  UPDATE patients SET allergy_status = 'none_known', allergy_status_at = now(), row_version = row_version + 1 WHERE user_id = p_patient;
END $$;

-- prescriptions: one turn for the person; an answer about allergies on either record is an answer
CREATE OR REPLACE FUNCTION cd.rx_turn(p_patient uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  p_patient := cd.canonical(p_patient);
  IF NOT EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = p_patient AND clinic_id = ANY (cd.my_clinics())) THEN RAISE EXCEPTION 'not a patient of your clinics' USING ERRCODE = '42501'; END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('rx' || p_patient, 0));
END $$;
CREATE OR REPLACE FUNCTION cd.rx_print(p_id uuid) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE p prescriptions; said text; n int;
BEGIN
  SELECT * INTO p FROM prescriptions WHERE id = p_id AND digital_signature_hash IS NOT NULL FOR NO KEY UPDATE;   -- two printers at once: two numbers
  PERFORM cd.require_clinic(p.clinic_id);
  said := 'prescription ' || p.prescription_number;
  SELECT count(*) INTO n FROM access_log a WHERE a.patient_id = ANY (ARRAY(SELECT cd.same_person(p.patient_id))) AND a.action = 'print' AND a.purpose = said;
  PERFORM cd.log_access(p.patient_id, 'print', said);
  RETURN n;
END $$;
CREATE OR REPLACE FUNCTION cd.rx_write(p jsonb, p_issued timestamptz, p_kid text, p_image text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE clinic uuid := (p ->> 'clinic_id')::uuid; pat uuid := (p ->> 'patient_id')::uuid; d uuid := cd.my_doctor(); rx uuid := (p ->> 'id')::uuid; y int; n text; tz text;
BEGIN
  PERFORM cd.require_clinic(clinic);
  IF cd.my_role() <> 'doctor' OR d IS NULL THEN RAISE EXCEPTION 'doctors prescribe' USING ERRCODE = '42501'; END IF;
  IF NOT EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = pat AND clinic_id = clinic) THEN RAISE EXCEPTION 'not a patient of this clinic' USING ERRCODE = '42501'; END IF;
  IF p ->> 'appointment_id' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM appointments a WHERE a.id = (p ->> 'appointment_id')::uuid AND a.clinic_id = clinic AND a.patient_id = ANY (ARRAY(SELECT cd.same_person(pat))))
     OR p ->> 'replaces_id' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM prescriptions r WHERE r.id = (p ->> 'replaces_id')::uuid AND r.clinic_id = clinic AND r.patient_id = ANY (ARRAY(SELECT cd.same_person(pat)))) THEN
    RAISE EXCEPTION 'not of this patient here' USING ERRCODE = '42501'; END IF;
  IF NOT EXISTS (SELECT 1 FROM patients WHERE user_id = ANY (ARRAY(SELECT cd.same_person(pat))) AND allergy_status <> 'not_asked') THEN RAISE EXCEPTION 'allergy status' USING ERRCODE = 'CD047'; END IF;
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

-- the record that lives on is a patient of the clinics of both; parted again, of its own
ALTER TABLE patient_aliases ADD COLUMN joined_clinics uuid[] NOT NULL DEFAULT '{}';
CREATE OR REPLACE FUNCTION cd.apply_merge(p_alias uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE x patient_aliases;
BEGIN
  SELECT * INTO x FROM patient_aliases WHERE id = p_alias FOR UPDATE;
  PERFORM 1 FROM patients WHERE user_id IN (x.loser_id, x.survivor_id) ORDER BY user_id FOR UPDATE;
  IF EXISTS (SELECT 1 FROM patients WHERE user_id IN (x.loser_id, x.survivor_id) AND merged_into IS NOT NULL) THEN RAISE EXCEPTION 'merged already' USING ERRCODE = 'CD070'; END IF;   -- no chains, no loops
  UPDATE patient_aliases SET state = 'merged', valid_from = clock_timestamp(), repointed = ARRAY(SELECT user_id FROM patients WHERE merged_into = x.loser_id ORDER BY user_id) WHERE id = x.id;
  UPDATE patients SET merged_into = x.survivor_id WHERE user_id = x.loser_id OR merged_into = x.loser_id;
  WITH made AS (INSERT INTO patient_clinics(patient_id, clinic_id) SELECT DISTINCT x.survivor_id, clinic_id FROM patient_clinics WHERE patient_id = ANY (ARRAY(SELECT cd.same_person(x.survivor_id))) ON CONFLICT DO NOTHING RETURNING clinic_id)
  UPDATE patient_aliases SET joined_clinics = ARRAY(SELECT clinic_id FROM made) WHERE id = x.id;
END $$;
CREATE OR REPLACE FUNCTION cd.unmerge_patients(p_alias uuid, p_reason text, p_theirs uuid[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE x patient_aliases;
BEGIN
  PERFORM cd.require_records();
  SELECT * INTO x FROM patient_aliases WHERE id = p_alias FOR UPDATE;
  PERFORM cd.require_clinic(x.clinic_id);
  IF x.state <> 'merged' OR NOT EXISTS (SELECT 1 FROM patients WHERE user_id = x.loser_id AND merged_into = x.survivor_id) THEN RAISE EXCEPTION 'not merged' USING ERRCODE = 'CD050'; END IF;
  IF length(btrim(coalesce(p_reason, ''))) = 0 THEN RAISE EXCEPTION 'reason' USING ERRCODE = 'CD066'; END IF;
  UPDATE patients SET merged_into = NULL WHERE user_id = x.loser_id;
  UPDATE patients SET merged_into = x.loser_id WHERE user_id = ANY (x.repointed) AND merged_into = x.survivor_id;
  UPDATE patient_aliases SET state = 'closed', valid_to = clock_timestamp(), closed_by = cd.me(), close_reason = left(btrim(p_reason), 300) WHERE id = x.id;
  -- what is sealed or was paid stays where it is; the rest follows the person's choice
  UPDATE appointments SET patient_id = x.loser_id WHERE id = ANY (p_theirs) AND patient_id = x.survivor_id AND created_at > x.valid_from
    AND NOT EXISTS (SELECT 1 FROM payments y WHERE y.appointment_id = appointments.id) AND NOT EXISTS (SELECT 1 FROM visits v WHERE v.appointment_id = appointments.id);
  UPDATE waiting_list SET patient_id = x.loser_id WHERE id = ANY (p_theirs) AND patient_id = x.survivor_id AND created_at > x.valid_from;
  UPDATE patient_allergies SET patient_id = x.loser_id WHERE id = ANY (p_theirs) AND patient_id = x.survivor_id AND recorded_at > x.valid_from;
  UPDATE patient_problems SET patient_id = x.loser_id WHERE id = ANY (p_theirs) AND patient_id = x.survivor_id AND recorded_at > x.valid_from;
  DELETE FROM patient_clinics pc WHERE pc.patient_id = x.survivor_id AND pc.clinic_id = ANY (x.joined_clinics)
    AND NOT EXISTS (SELECT 1 FROM appointments a WHERE a.patient_id = x.survivor_id AND a.clinic_id = pc.clinic_id)
    AND NOT EXISTS (SELECT 1 FROM visits v WHERE v.patient_id = x.survivor_id AND v.clinic_id = pc.clinic_id) AND NOT EXISTS (SELECT 1 FROM prescriptions r WHERE r.patient_id = x.survivor_id AND r.clinic_id = pc.clinic_id);
END $$;

-- spec 2.4: a child on the day of the appointment, and nobody who may consent for it then
CREATE FUNCTION cd.lacks_guardian(p_patient uuid, p_day date) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM cd.require_patient(p_patient);
  RETURN EXISTS (SELECT 1 FROM user_profiles WHERE user_id = cd.canonical(p_patient) AND date_of_birth > p_day - interval '18 years')
    AND NOT EXISTS (SELECT 1 FROM patient_guardians WHERE patient_id = ANY (ARRAY(SELECT cd.same_person(p_patient))) AND may_consent AND p_day BETWEEN valid_from AND coalesce(valid_to, 'infinity'));
END $$;

-- search: a wrong number is looked up, not compared; phones are read for the lines that are shown
CREATE OR REPLACE FUNCTION cd.search_patients(q text, lim int DEFAULT 30)
RETURNS TABLE(id uuid, mrn text, first_name text, last_name text, date_of_birth date, gender text, phone text, restricted boolean, score real)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET pg_trgm.similarity_threshold = 0.3 SET pg_trgm.word_similarity_threshold = 0.5 SET max_parallel_workers_per_gather = 0 AS $$
DECLARE mine uuid[] := cd.my_clinics(); f text := btrim(regexp_replace(cd.fold(left(q, 80)), '[\s%_\\.,;]+', ' ', 'g')); top int := least(greatest(lim, 1), 100);
  bare text := translate(substr(regexp_replace(f, '[^a-z0-9]', '', 'g'), 3), 'oil', '011'); digits text := regexp_replace(f, '\D', '', 'g');
  words text[]; nums text[]; names text; longest text; keys text[]; hits uuid[] := '{}'; more uuid[]; best real;
BEGIN
  IF f = '' THEN RETURN; END IF;
  IF f ~ '^cd[ -]*[0-9oil][0-9oil -]*$' AND f ~ '[0-9]' THEN
    hits := ARRAY(SELECT p.user_id FROM patients p WHERE p.mrn LIKE 'CD' || bare || '%' ORDER BY p.mrn LIMIT top);
    IF hits = '{}' AND length(bare) BETWEEN 6 AND 20 THEN
      -- one digit wrong, too many, missing, or two exchanged: every such number is looked up; trigrams of digits fit everything
      hits := ARRAY(SELECT p.user_id FROM patients p WHERE p.mrn = ANY (ARRAY(
        SELECT 'CD' || v.n FROM generate_series(1, length(bare) + 1) i, generate_series(0, 9) d, LATERAL (VALUES (overlay(bare PLACING d::text FROM i FOR 1)),
          (left(bare, i - 1) || d || substr(bare, i)), (left(bare, i - 1) || substr(bare, i + 1)), (left(bare, i - 1) || substr(bare, i + 1, 1) || substr(bare, i, 1) || substr(bare, i + 2))) v(n)))
        ORDER BY similarity(p.mrn, 'CD' || bare) DESC, p.mrn LIMIT 10);
    END IF;
  ELSIF f ~ '^[0-9 +()-]+$' THEN
    IF length(digits) < 4 THEN RETURN; END IF;
    hits := ARRAY(SELECT c.user_id FROM contact_points c WHERE c.kind = 'phone' AND c.value LIKE '%' || ltrim(digits, '0') || '%' LIMIT 200)
         || ARRAY(SELECT p.user_id FROM patients p WHERE p.mrn LIKE '%' || digits || '%' AND length(digits) >= 5 LIMIT top);
    IF hits = '{}' AND length(digits) >= 8 THEN
      -- one digit wrong, missing, or two of them exchanged
      -- either the beginning or the end is whole then: two look-ups in the index instead of thirty
      digits := ltrim(digits, '0');
      WITH near AS MATERIALIZED (SELECT c.user_id, c.value FROM contact_points c WHERE c.kind = 'phone' AND (c.value LIKE '%' || left(digits, 5) || '%' OR c.value LIKE '%' || right(digits, 4)))
      SELECT coalesce(array_agg(DISTINCT x.user_id), '{}') INTO hits FROM (SELECT n.user_id FROM near n WHERE n.value LIKE ANY (ARRAY(
        SELECT v.p FROM generate_series(1, length(digits)) i, LATERAL (VALUES ('%' || left(digits, i - 1) || '_' || substr(digits, i + 1)), ('%' || left(digits, i) || '_' || substr(digits, i + 1)),
          ('%' || left(digits, i - 1) || substr(digits, i + 1, 1) || substr(digits, i, 1) || substr(digits, i + 2))) v(p))) LIMIT 50) x;
    END IF;
  ELSE
    words := ARRAY(SELECT w FROM regexp_split_to_table(f, ' ') w WHERE w ~ '[^0-9+()-]');
    nums := ARRAY(SELECT n FROM (SELECT regexp_replace(w, '\D', '', 'g') n FROM regexp_split_to_table(f, ' ') w WHERE w ~ '^[0-9+()-]+$') x WHERE length(n) >= 3);
    names := array_to_string(words, ' ');
    -- LIKE ALL cannot use the trigram index; the longest word, as a plain value, can
    longest := '%' || (SELECT w FROM unnest(words) w ORDER BY length(w) DESC LIMIT 1) || '%';
    WITH exact AS MATERIALIZED (SELECT u.user_id FROM user_profiles u WHERE u.search LIKE longest
        AND u.search LIKE ALL (ARRAY(SELECT '%' || w || '%' FROM unnest(words) w))
        AND (nums = '{}' OR extract(year FROM u.date_of_birth)::text = ANY (nums) OR EXISTS (SELECT 1 FROM contact_points c, unnest(nums) n WHERE c.user_id = u.user_id AND c.value LIKE '%' || ltrim(n, '0')))
        LIMIT 400)
    SELECT coalesce(array_agg(user_id), '{}') INTO hits FROM exact;
    IF cardinality(hits) < 5 AND length(names) >= 3 THEN                -- misspelt: the same sound, then any one word's sound, then by trigrams
      keys := cd.sounds(names);
      WITH near AS MATERIALIZED (SELECT u.user_id, u.search FROM user_profiles u WHERE keys <> '{}' AND u.sounds && keys LIMIT 20000)
      SELECT coalesce(array_agg(x.user_id ORDER BY x.s DESC), '{}'), coalesce(max(x.s), 0) INTO more, best
        FROM (SELECT n.user_id, greatest(similarity(n.search, names), word_similarity(names, n.search)) s FROM near n ORDER BY 2 DESC LIMIT 80) x;
      hits := hits || more;
      IF best < 0.6 OR cardinality(more) < 5 THEN
        WITH near AS MATERIALIZED (SELECT u.user_id, similarity(u.search, names) s FROM user_profiles u WHERE u.search % names OR names <% u.search)
        SELECT hits || coalesce(array_agg(user_id), '{}') INTO hits FROM (SELECT user_id FROM near ORDER BY s DESC LIMIT 60) x;
      END IF;
    END IF;
  END IF;
  -- a record that was merged away opens the one that lives on
  hits := ARRAY(SELECT DISTINCT coalesce(p.merged_into, p.user_id) FROM unnest(hits) h(id) JOIN patients p ON p.user_id = h.id);
  -- the order first, then the phones of those that are shown
  RETURN QUERY
    SELECT x.user_id, x.mrn::text, x.first_name::text, x.last_name::text, x.date_of_birth, x.gender::text,
           coalesce((SELECT c.value FROM contact_points c WHERE c.user_id = x.user_id AND c.kind = 'phone' ORDER BY c.value LIMIT 1), '')::text, x.restricted, x.s
      FROM (SELECT p.user_id, p.mrn, u.first_name, u.last_name, u.date_of_birth, u.gender, p.restricted,
              (CASE WHEN names IS NULL THEN greatest(similarity(p.mrn, 'CD' || bare), (SELECT max(similarity(c.value, ltrim(digits, '0'))) FROM contact_points c WHERE c.user_id = p.user_id AND c.kind = 'phone'))
                ELSE greatest(similarity(u.search, names), word_similarity(names, u.search)) + CASE WHEN nums <> '{}' AND (extract(year FROM u.date_of_birth)::text = ANY (nums)
                  OR EXISTS (SELECT 1 FROM contact_points c, unnest(nums) n WHERE c.user_id = p.user_id AND c.value LIKE '%' || ltrim(n, '0'))) THEN 0.5 ELSE 0 END END)::real AS s
              FROM unnest(hits) h(id) JOIN patients p ON p.user_id = h.id JOIN user_profiles u ON u.user_id = p.user_id   -- not ANY: it read the whole table
             WHERE p.merged_into IS NULL
               AND EXISTS (SELECT 1 FROM patient_clinics pc WHERE pc.patient_id = p.user_id AND pc.clinic_id = ANY (mine))
             ORDER BY s DESC, u.last_name, u.first_name, p.mrn LIMIT top) x
     ORDER BY x.s DESC, x.last_name, x.first_name, x.mrn;
END $$;
