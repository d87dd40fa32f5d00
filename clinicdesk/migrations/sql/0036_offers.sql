-- A freed slot is offered to one person of the waiting list at a time and held until they answer (spec 1.10);
-- a booking may be an emergency, which needs no guardian's consent beforehand (spec 2.4).

ALTER TABLE appointments ADD COLUMN emergency boolean NOT NULL DEFAULT false;

-- the held slot is an ordinary pending appointment: the rule against double booking keeps it for one person
CREATE TABLE waiting_offers(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), waiting_id uuid NOT NULL REFERENCES waiting_list(id),
  appointment_id uuid NOT NULL UNIQUE REFERENCES appointments(id), offered_by uuid REFERENCES users(id), offered_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL, answer varchar(10) CHECK (answer IN ('accepted','refused','lapsed')), answered_at timestamptz,
  CHECK ((answer IS NULL) = (answered_at IS NULL)));
CREATE UNIQUE INDEX waiting_offers_live ON waiting_offers (waiting_id) WHERE answer IS NULL;
CREATE INDEX idx_waiting_offers_answered ON waiting_offers (clinic_id, answered_at) WHERE answer = 'lapsed';
CREATE INDEX idx_appointments_held ON appointments (clinic_id, hold_expires_at) WHERE status = 'pending';
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON waiting_offers FOR EACH ROW EXECUTE FUNCTION cd.audit();
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE OR DELETE ON waiting_offers FOR EACH ROW EXECUTE FUNCTION cd.feed('offers', 'waiting_id');
ALTER TABLE waiting_offers ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON waiting_offers TO cd_staff USING (clinic_id = ANY ((SELECT cd.my_clinics())::uuid[]));

-- until when an offer holds: 30 minutes, 2 hours for a slot more than 48 hours away; 20:00 to 08:00 does not count (spec 1.10, 6.3)
CREATE FUNCTION cd.offer_until(p_now timestamptz, p_start timestamptz, p_zone text) RETURNS timestamptz LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE t timestamp := p_now AT TIME ZONE p_zone; span interval := CASE WHEN p_start > p_now + interval '48 hours' THEN interval '2 hours' ELSE interval '30 minutes' END;
BEGIN
  IF t::time < time '08:00' THEN t := t::date + time '08:00'; ELSIF t::time >= time '20:00' THEN t := t::date + 1 + time '08:00'; END IF;
  IF t + span > t::date + time '20:00' THEN t := t + interval '12 hours'; END IF;
  RETURN least((t + span) AT TIME ZONE p_zone, p_start);
END $$;

CREATE FUNCTION cd.offer_slot(p_waiting uuid, p_appointment uuid) RETURNS timestamptz LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE w waiting_list; a appointments; until timestamptz;
BEGIN
  SELECT * INTO w FROM waiting_list WHERE id = p_waiting AND clinic_id = ANY (cd.my_clinics()) FOR UPDATE;
  IF w.id IS NULL OR w.status <> 'waiting' THEN RAISE EXCEPTION 'not waiting' USING ERRCODE = 'CD050'; END IF;
  SELECT * INTO a FROM appointments WHERE id = p_appointment AND clinic_id = w.clinic_id AND status = 'pending' AND created_by = cd.me() AND cd.canonical(patient_id) = cd.canonical(w.patient_id);
  IF a.id IS NULL THEN RAISE EXCEPTION 'not a held slot of this person' USING ERRCODE = '42501'; END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended(cd.canonical(w.patient_id)::text, 4716));
  IF EXISTS (SELECT 1 FROM waiting_offers o JOIN waiting_list x ON x.id = o.waiting_id WHERE o.answer IS NULL AND cd.canonical(x.patient_id) = cd.canonical(w.patient_id)) THEN
    RAISE EXCEPTION 'one offer at a time' USING ERRCODE = 'CD082'; END IF;
  until := cd.offer_until(now(), a.start_at, (SELECT timezone FROM clinics WHERE id = w.clinic_id));
  UPDATE appointments SET hold_expires_at = until WHERE id = a.id;
  INSERT INTO waiting_offers(clinic_id, waiting_id, appointment_id, offered_by, expires_at) VALUES (w.clinic_id, w.id, a.id, cd.me(), until);
  RETURN until;
END $$;

-- the answer is what becomes of the held appointment
CREATE FUNCTION cd.offer_answered() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE said text := CASE WHEN NEW.status IN ('confirmed','rescheduled') THEN 'accepted' WHEN NEW.cancel_reason IN ('hold_lapsed','not_confirmed') THEN 'lapsed' ELSE 'refused' END; w uuid;
BEGIN
  UPDATE waiting_offers SET answer = said, answered_at = clock_timestamp() WHERE appointment_id = NEW.id AND answer IS NULL RETURNING waiting_id INTO w;
  IF said = 'accepted' AND w IS NOT NULL THEN UPDATE waiting_list SET status = 'booked', appointment_id = NEW.id WHERE id = w AND status = 'waiting'; END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER y_offer_answered AFTER UPDATE OF status ON appointments FOR EACH ROW WHEN (OLD.status = 'pending' AND NEW.status <> 'pending') EXECUTE FUNCTION cd.offer_answered();

-- spec 1.1 T4: the system cancels what nobody confirmed in time
CREATE FUNCTION cd.lapse_holds() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE done integer;
BEGIN
  IF NOT EXISTS (SELECT 1 FROM appointments WHERE clinic_id = ANY (cd.my_clinics()) AND status = 'pending' AND hold_expires_at < now()) OR NOT pg_try_advisory_xact_lock(4717) THEN RETURN 0; END IF;
  INSERT INTO cd.system_acts VALUES (pg_current_xact_id()) ON CONFLICT DO NOTHING;
  WITH held AS (SELECT id FROM appointments WHERE clinic_id = ANY (cd.my_clinics()) AND status = 'pending' AND hold_expires_at < now() ORDER BY doctor_id, appointment_date, id FOR UPDATE SKIP LOCKED)
  UPDATE appointments a SET status = 'cancelled', cancel_reason = 'hold_lapsed' FROM held WHERE a.id = held.id;
  GET DIAGNOSTICS done = ROW_COUNT;
  DELETE FROM cd.system_acts WHERE xid = pg_current_xact_id();
  RETURN done;
END $$;
