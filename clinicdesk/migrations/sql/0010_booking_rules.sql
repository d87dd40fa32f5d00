-- Booking: series, a cancellation that is taken back at once, how people asked, doctors who are out, the end of the day.

CREATE TABLE appointment_series(                                                                    -- spec 1.11
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), patient_id uuid NOT NULL REFERENCES users(id),
  freq varchar(8) NOT NULL CHECK (freq IN ('daily','weekly','monthly')), every integer NOT NULL DEFAULT 1 CHECK (every BETWEEN 1 AND 12),
  weekdays integer[] NOT NULL DEFAULT '{}' CHECK (weekdays <@ ARRAY[0,1,2,3,4,5,6]),
  times integer CHECK (times BETWEEN 1 AND 52), until date, first_day date NOT NULL,
  created_by uuid NOT NULL DEFAULT cd.me() REFERENCES users(id), created_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((times IS NULL) <> (until IS NULL)), CHECK (until IS NULL OR until >= first_day AND until <= first_day + 366));
ALTER TABLE appointment_series ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON appointment_series TO cd_staff USING (clinic_id = ANY ((SELECT cd.my_clinics())::uuid[]));
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON appointment_series FOR EACH ROW EXECUTE FUNCTION cd.audit();
ALTER TABLE appointment_types ADD COLUMN grace_minutes integer NOT NULL DEFAULT 15 CHECK (grace_minutes BETWEEN 0 AND 120);   -- spec 1.3.2
ALTER TABLE appointments
  ADD COLUMN series_id uuid REFERENCES appointment_series(id), ADD COLUMN occurrence_date date,
  ADD COLUMN asked_how varchar(20),                                    -- who asks has no entrance of their own: the desk says how they did
  ADD COLUMN no_show_undone_at timestamptz, ADD COLUMN no_show_undone_by uuid REFERENCES users(id),
  ADD COLUMN reopened_at timestamptz, ADD COLUMN reopened_by uuid REFERENCES users(id), ADD COLUMN reopen_reason varchar(200),
  ADD CONSTRAINT appointments_room_in_person CHECK (room_id IS NULL OR consultation_type = 'in_person'),   -- spec 0.2: remote kinds need no room
  ADD CONSTRAINT appointments_meeting_link CHECK (meeting_link IS NULL OR meeting_link ~ '^https://[^[:space:]]+$');
CREATE INDEX idx_appointments_series ON appointments (series_id) WHERE series_id IS NOT NULL;
CREATE INDEX idx_appointments_room_day ON appointments (room_id, appointment_date) WHERE room_id IS NOT NULL;
ALTER TABLE appointment_events ADD COLUMN source varchar(20);

-- acts of the program itself (spec 1.1: 'system'): a transaction marks itself here, which no member of staff can
CREATE TABLE cd.system_acts(xid xid8 PRIMARY KEY);

CREATE OR REPLACE FUNCTION cd.appointment_booked() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE o appointments; restored boolean := false;
BEGIN
  -- two inserts of one slot at the same moment could wait for each other inside EXCLUDE: queue them per doctor and day, and per room
  PERFORM pg_advisory_xact_lock(hashtextextended(NEW.doctor_id::text, NEW.appointment_date - date '2000-01-01'));
  IF NEW.room_id IS NOT NULL THEN PERFORM pg_advisory_xact_lock(hashtextextended(NEW.room_id::text, NEW.appointment_date - date '2000-01-01')); END IF;
  -- a lapsed hold is cancelled inside the booking's own lock (spec 1.4.2)
  UPDATE appointments SET status = 'cancelled', cancel_reason = 'not_confirmed', cancelled_at = now()
   WHERE doctor_id = NEW.doctor_id AND appointment_date = NEW.appointment_date AND status = 'pending' AND hold_expires_at < now();
  IF NOT cd.is_staff_session() THEN RETURN NEW; END IF;
  IF NEW.status NOT IN ('pending','confirmed') THEN RAISE EXCEPTION 'illegal first status' USING ERRCODE = 'CD002'; END IF;
  IF NEW.rescheduled_from_id IS NOT NULL THEN                                                                              -- spec 1.2
    SELECT * INTO o FROM appointments x WHERE x.id = NEW.rescheduled_from_id AND x.clinic_id = NEW.clinic_id AND x.patient_id = NEW.patient_id;
    -- a cancellation taken back at once by whoever made it: a new row (spec 1.1.2), with the fee and the payments of the old one
    restored := o.status = 'cancelled' AND o.cancelled_by = cd.me() AND o.cancelled_at > now() - interval '1 minute'
      AND (o.doctor_id, o.appointment_date, o.start_time, o.end_time) = (NEW.doctor_id, NEW.appointment_date, NEW.start_time, NEW.end_time);
    IF o.id IS NULL OR NOT (o.status = 'rescheduled' OR restored) THEN RAISE EXCEPTION 'not a rescheduled appointment of this patient here' USING ERRCODE = '42501'; END IF;
    NEW.fee := o.fee;
  END IF;
  IF NEW.start_at < now() - interval '1 minute' AND NOT restored THEN RAISE EXCEPTION 'in the past' USING ERRCODE = 'CD003'; END IF;       -- T1
  IF NOT EXISTS (SELECT 1 FROM doctor_profiles d JOIN clinic_staff s ON s.user_id = d.user_id WHERE d.id = NEW.doctor_id AND s.clinic_id = NEW.clinic_id AND s.is_active) THEN
    IF EXISTS (SELECT 1 FROM doctor_profiles d JOIN clinic_staff s ON s.user_id = d.user_id WHERE d.id = NEW.doctor_id AND s.clinic_id = NEW.clinic_id) THEN
      RAISE EXCEPTION 'the doctor left' USING ERRCODE = 'CD080'; END IF;
    RAISE EXCEPTION 'not a doctor of this clinic' USING ERRCODE = '42501'; END IF;
  IF NOT EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = NEW.patient_id AND clinic_id = NEW.clinic_id) THEN RAISE EXCEPTION 'not a patient of this clinic' USING ERRCODE = '42501'; END IF;
  IF NEW.room_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM rooms WHERE id = NEW.room_id AND clinic_id = NEW.clinic_id AND is_active) THEN RAISE EXCEPTION 'not a room of this clinic' USING ERRCODE = '42501'; END IF;
  IF NEW.series_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM appointment_series s WHERE s.id = NEW.series_id AND s.clinic_id = NEW.clinic_id AND s.patient_id = NEW.patient_id) THEN
    RAISE EXCEPTION 'not a series of this patient here' USING ERRCODE = '42501'; END IF;
  IF NEW.overbooked AND (NOT EXISTS (SELECT 1 FROM clinic_staff s WHERE s.user_id = cd.me() AND s.clinic_id = NEW.clinic_id AND (s.may_overbook OR s.role = 'admin'))
     OR (SELECT count(*) FROM appointments a WHERE a.doctor_id = NEW.doctor_id AND a.appointment_date = NEW.appointment_date AND a.overbooked AND a.status IN ('pending','confirmed','in_progress'))
        >= (SELECT max_overbook FROM doctor_profiles WHERE id = NEW.doctor_id)) THEN
    RAISE EXCEPTION 'overbooking limit' USING ERRCODE = 'CD004'; END IF;                                                  -- spec 1.7
  NEW.created_by := cd.me(); NEW.created_at := now(); NEW.updated_at := now(); NEW.row_version := 1;
  NEW.checked_in_at := NULL; NEW.started_at := NULL; NEW.completed_at := NULL; NEW.cancelled_at := NULL; NEW.no_show_at := NULL;
  IF NEW.status = 'confirmed' THEN NEW.confirmed_at := now(); NEW.confirmed_by := NEW.created_by; NEW.hold_expires_at := NULL;
  ELSE NEW.confirmed_at := NULL; NEW.confirmed_by := NULL; NEW.hold_expires_at := least(NEW.start_at, coalesce(NEW.hold_expires_at, now() + interval '24 hours')); END IF;
  IF NEW.fee IS NULL THEN                                                                                                -- spec 0.2: fixed at booking
    NEW.fee := coalesce((SELECT price FROM appointment_types WHERE id = NEW.appointment_type_id), (SELECT consultation_fee FROM doctor_profiles WHERE id = NEW.doctor_id), 0);
  END IF;
  NEW.payment_status := 'pending'; NEW.payment_method := NULL;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION cd.appointment_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE role text := cd.my_role(); who uuid := cd.me(); t appointment_transitions; tz text; today date; system boolean := false;
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
  IF NEW.room_id IS DISTINCT FROM OLD.room_id AND NEW.room_id IS NOT NULL THEN
    IF NOT EXISTS (SELECT 1 FROM rooms WHERE id = NEW.room_id AND clinic_id = NEW.clinic_id AND is_active) THEN RAISE EXCEPTION 'not a room of this clinic' USING ERRCODE = '42501'; END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.room_id::text, NEW.appointment_date - date '2000-01-01'));
  END IF;
  IF NEW.status = OLD.status THEN NEW.cancel_reason := OLD.cancel_reason; NEW.reopen_reason := OLD.reopen_reason; RETURN NEW; END IF;
  SELECT * INTO t FROM appointment_transitions x WHERE x.from_status = OLD.status AND x.to_status = NEW.status;
  IF NOT FOUND THEN RAISE EXCEPTION 'illegal transition' USING ERRCODE = 'CD002'; END IF;
  system := t.rule IN ('T4','T8') AND EXISTS (SELECT 1 FROM cd.system_acts WHERE xid = pg_current_xact_id());
  IF system THEN who := NULL; END IF;
  IF NOT system AND NOT role = ANY (t.roles) THEN RAISE EXCEPTION 'not for this role' USING ERRCODE = '42501'; END IF;
  IF t.needs_reason AND NOT (t.rule = 'C2' AND role = 'doctor')
     AND length(btrim(coalesce(CASE t.rule WHEN 'C2' THEN NEW.reopen_reason ELSE NEW.cancel_reason END, ''))) = 0 THEN RAISE EXCEPTION 'reason missing' USING ERRCODE = 'CD005'; END IF;
  CASE t.rule
    WHEN 'T3' THEN
      IF OLD.hold_expires_at < now() THEN RAISE EXCEPTION 'hold lapsed' USING ERRCODE = 'CD002'; END IF;
      NEW.confirmed_at := now(); NEW.confirmed_by := who; NEW.hold_expires_at := NULL;
    WHEN 'T4', 'T5', 'T10' THEN
      IF t.rule = 'T10' AND NEW.cancel_reason NOT IN ('left_before_seen','emergency','wrong_patient') THEN RAISE EXCEPTION 'not a reason during a visit' USING ERRCODE = 'CD002'; END IF;
      NEW.cancelled_at := now(); NEW.cancelled_by := who; NEW.late_cancel := OLD.status = 'confirmed' AND now() > OLD.start_at - interval '24 hours';
      IF OLD.payment_status = 'pending' THEN NEW.payment_status := 'failed'; END IF;
    WHEN 'T6' THEN NEW.rescheduled_at := now(); NEW.rescheduled_by := who;
    WHEN 'T7' THEN
      IF OLD.appointment_date <> today OR (OLD.checked_in_at IS NULL AND OLD.consultation_type = 'in_person') THEN RAISE EXCEPTION 'not arrived' USING ERRCODE = 'CD006'; END IF;
      NEW.started_at := now();
    WHEN 'T8' THEN
      IF OLD.checked_in_at IS NOT NULL OR now() < OLD.start_at + make_interval(mins => coalesce((SELECT grace_minutes FROM appointment_types WHERE id = OLD.appointment_type_id), 15)) THEN
        RAISE EXCEPTION 'too early, or arrived' USING ERRCODE = 'CD007'; END IF;
      NEW.no_show_at := now(); NEW.no_show_by := who;
    WHEN 'T9' THEN
      IF NOT EXISTS (SELECT 1 FROM visits v WHERE v.appointment_id = OLD.id AND v.status <> 'entered_in_error') THEN RAISE EXCEPTION 'no visit record' USING ERRCODE = 'CD008'; END IF;
      NEW.completed_at := now();                                       -- end_time stays: a late finish collides with nobody
    WHEN 'C1' THEN
      IF OLD.appointment_date <> today THEN RAISE EXCEPTION 'another day' USING ERRCODE = 'CD002'; END IF;
      NEW.no_show_at := NULL; NEW.no_show_by := NULL; NEW.no_show_undone_at := now(); NEW.no_show_undone_by := who;
    WHEN 'C2' THEN
      IF role = 'doctor' AND (OLD.doctor_id IS DISTINCT FROM cd.my_doctor() OR OLD.completed_at < now() - interval '24 hours') THEN RAISE EXCEPTION 'the same doctor within 24 h' USING ERRCODE = '42501'; END IF;
      NEW.completed_at := NULL; NEW.reopened_at := now(); NEW.reopened_by := who;
  END CASE;
  IF t.rule NOT IN ('T4','T5','T10') THEN NEW.cancel_reason := OLD.cancel_reason; END IF;
  IF t.rule <> 'C2' THEN NEW.reopen_reason := OLD.reopen_reason; END IF;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION cd.appointment_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE who uuid := cd.me(); role text := coalesce(cd.my_role(), 'system');
BEGIN   -- spec 1.1.4: one immutable row a transition
  IF TG_OP = 'UPDATE' AND NEW.status = OLD.status THEN RETURN NULL; END IF;
  IF TG_OP = 'UPDATE' AND NEW.status IN ('cancelled','no_show') AND (EXISTS (SELECT 1 FROM cd.system_acts WHERE xid = pg_current_xact_id())
    OR pg_trigger_depth() > 1 AND NEW.cancel_reason = 'not_confirmed') THEN who := NULL; role := 'system'; END IF;    -- a lapsed hold, too
  INSERT INTO appointment_events(appointment_id, clinic_id, from_status, to_status, actor_id, actor_role, reason, seat, source)
    VALUES (NEW.id, NEW.clinic_id, CASE WHEN TG_OP = 'UPDATE' THEN OLD.status END, NEW.status, who, role,
      CASE WHEN TG_OP = 'UPDATE' AND OLD.status = 'completed' THEN NEW.reopen_reason ELSE NEW.cancel_reason END, cd.seat(),
      CASE WHEN TG_OP = 'INSERT' THEN NEW.source ELSE NEW.asked_how END);
  RETURN NULL;
END $$;

-- a doctor is out today or on a day: leave that the desk may enter (spec 1.9, emergency leave)
CREATE FUNCTION cd.doctor_away(p_doctor uuid, p_day date, p_start time, p_end time, p_note text, p_settled boolean) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE c uuid; tz text; made uuid;
BEGIN
  SELECT s.clinic_id, k.timezone INTO c, tz FROM doctor_profiles d JOIN clinic_staff s ON s.user_id = d.user_id JOIN clinics k ON k.id = s.clinic_id
    WHERE d.id = p_doctor AND s.clinic_id = ANY (cd.my_clinics()) LIMIT 1;
  IF c IS NULL OR cd.my_role() NOT IN ('admin','receptionist','doctor') OR cd.my_role() = 'doctor' AND p_doctor IS DISTINCT FROM cd.my_doctor() THEN
    RAISE EXCEPTION 'not a doctor of yours' USING ERRCODE = '42501'; END IF;
  IF p_day < (now() AT TIME ZONE tz)::date THEN RAISE EXCEPTION 'in the past' USING ERRCODE = 'CD003'; END IF;
  INSERT INTO doctor_leave(doctor_id, first_day, last_day, start_time, end_time, state, note)
    VALUES (p_doctor, p_day, p_day, p_start, p_end, CASE WHEN p_settled THEN 'approved' ELSE 'approved_with_conflicts' END, left(btrim(coalesce(p_note, '')), 200)) RETURNING id INTO made;
  RETURN made;
END $$;
CREATE FUNCTION cd.doctor_back(p_leave uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE d uuid := (SELECT doctor_id FROM doctor_leave WHERE id = p_leave);
BEGIN   -- taken back by whoever entered it, within a minute: the audit knows who that was
  IF d IS NULL OR NOT EXISTS (SELECT 1 FROM doctor_profiles x JOIN clinic_staff s ON s.user_id = x.user_id WHERE x.id = d AND s.clinic_id = ANY (cd.my_clinics()))
     OR NOT EXISTS (SELECT 1 FROM audit_log a WHERE a.tab = 'doctor_leave' AND a.row_id = p_leave::text AND a.op = 'I' AND a.login_role = session_user AND a.at > now() - interval '1 minute') THEN
    RAISE EXCEPTION 'not yours, or too late' USING ERRCODE = 'CD081'; END IF;
  DELETE FROM doctor_leave WHERE id = p_leave;
END $$;

-- the end of a day (spec 1.1.1, T8): past requests are cancelled, who never came is marked half an hour after the last hour worked
CREATE FUNCTION cd.close_days() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE c record; d date; closing timestamptz; done integer := 0; n integer; today date;
BEGIN
  IF NOT pg_try_advisory_xact_lock(4713) THEN RETURN 0; END IF;
  INSERT INTO cd.system_acts VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
  FOR c IN SELECT id, timezone FROM clinics WHERE id = ANY (cd.my_clinics()) LOOP
    today := (now() AT TIME ZONE c.timezone)::date;
    FOR d IN SELECT DISTINCT appointment_date FROM appointments WHERE clinic_id = c.id AND appointment_date BETWEEN today - 7 AND today AND (status = 'pending' OR status = 'confirmed' AND checked_in_at IS NULL) LOOP
      SELECT greatest((SELECT max(end_at) FROM appointments WHERE clinic_id = c.id AND appointment_date = d AND status IN ('pending','confirmed','in_progress','completed')),
        (SELECT max((d + w.end_time) AT TIME ZONE c.timezone) FROM doctor_availability w JOIN doctor_profiles p ON p.id = w.doctor_id JOIN clinic_staff s ON s.user_id = p.user_id
           WHERE s.clinic_id = c.id AND s.is_active AND w.day_of_week = extract(dow FROM d)::int AND coalesce(w.is_available, true))) INTO closing;
      CONTINUE WHEN closing IS NULL OR now() < closing;
      UPDATE appointments SET status = 'cancelled', cancel_reason = 'not_confirmed' WHERE clinic_id = c.id AND appointment_date = d AND status = 'pending';
      GET DIAGNOSTICS n = ROW_COUNT; done := done + n;
      PERFORM cd.roll_up_metrics(c.id, d);
      CONTINUE WHEN now() < closing + interval '30 minutes';
      UPDATE appointments SET status = 'no_show' WHERE clinic_id = c.id AND appointment_date = d AND status = 'confirmed' AND checked_in_at IS NULL AND consultation_type = 'in_person';
      GET DIAGNOSTICS n = ROW_COUNT; done := done + n;
      PERFORM cd.roll_up_metrics(c.id, d);
    END LOOP;
  END LOOP;
  DELETE FROM cd.system_acts WHERE xid = pg_current_xact_id();
  RETURN done;
END $$;
