-- The front desk: a ledger that is only added to, shifts of the till, the queue, guardians, consents, corrections, merging, search.

-- money (spec 1.8) ---------------------------------------------------------------------------------------------------
CREATE TABLE cash_shifts(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), user_id uuid NOT NULL REFERENCES users(id),
  opened_at timestamptz NOT NULL DEFAULT clock_timestamp(), opening_float decimal(12,2) NOT NULL DEFAULT 0 CHECK (opening_float >= 0 AND opening_float <> 'NaN'),
  closed_at timestamptz, closed_by uuid REFERENCES users(id), counted jsonb, expected jsonb, variance decimal(12,2), variance_reason varchar(300) NOT NULL DEFAULT '',
  left_in_drawer decimal(12,2) CHECK (left_in_drawer >= 0 AND left_in_drawer <> 'NaN'), handed_to uuid REFERENCES users(id), accepted_at timestamptz, accepted_into uuid REFERENCES cash_shifts(id));
CREATE UNIQUE INDEX cash_shifts_one_open ON cash_shifts (clinic_id, user_id) WHERE closed_at IS NULL;
CREATE INDEX idx_cash_shifts_clinic ON cash_shifts (clinic_id, opened_at DESC);
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON cash_shifts FOR EACH ROW EXECUTE FUNCTION cd.audit();
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE ON cash_shifts FOR EACH ROW EXECUTE FUNCTION cd.feed('payments', 'id');
ALTER TABLE cash_shifts ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON cash_shifts TO cd_staff USING (clinic_id = ANY ((SELECT cd.my_clinics())::uuid[]));

ALTER TABLE payments
  ADD COLUMN shift_id uuid REFERENCES cash_shifts(id),
  ADD COLUMN group_id uuid,                       -- the parts of one split payment share it, and one receipt
  DROP CONSTRAINT payments_kind_check, DROP CONSTRAINT payments_check,
  ADD CONSTRAINT payments_kind_check CHECK (kind IN ('payment','refund','void')),
  ADD CONSTRAINT payments_check CHECK ((kind = 'payment' AND amount > 0) OR (kind IN ('refund','void') AND amount < 0 AND refund_of IS NOT NULL));
CREATE INDEX idx_payments_refund_of ON payments (refund_of) WHERE refund_of IS NOT NULL;
CREATE INDEX idx_payments_shift ON payments (shift_id);
CREATE UNIQUE INDEX payments_one_void ON payments (refund_of) WHERE kind = 'void';
CREATE TABLE receipt_prints(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), payment_id uuid NOT NULL REFERENCES payments(id),
  printed_by uuid REFERENCES users(id), seat text, printed_at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE INDEX idx_receipt_prints_payment ON receipt_prints (payment_id);
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON receipt_prints FOR EACH ROW EXECUTE FUNCTION cd.audit();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON receipt_prints FOR EACH STATEMENT EXECUTE FUNCTION cd.append_only();
ALTER TABLE receipt_prints ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON receipt_prints TO cd_staff USING (clinic_id = ANY ((SELECT cd.my_clinics())::uuid[]));
-- whose cause a cancellation is, as the refund rule asks; the same table in Python is compared by a test
CREATE TABLE cancel_causes(code varchar(40) PRIMARY KEY, cause varchar(10) NOT NULL CHECK (cause IN ('patient','clinic','system')));
INSERT INTO cancel_causes VALUES ('patient_asked','patient'), ('patient_ill','patient'), ('left_before_seen','patient'), ('doctor_away','clinic'), ('clinic_closed','clinic'),
  ('entered_in_error','clinic'), ('duplicate','clinic'), ('other','clinic'), ('emergency','clinic'), ('wrong_patient','clinic'), ('not_confirmed','system'), ('hold_lapsed','system');

CREATE FUNCTION cd.tip(p_appointment uuid) RETURNS uuid LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
  WITH RECURSIVE chain(id, n) AS (SELECT p_appointment, 0 UNION SELECT b.id, c.n + 1 FROM chain c JOIN appointments b ON b.rescheduled_from_id = c.id)
  SELECT id FROM chain ORDER BY n DESC LIMIT 1 $$;
CREATE OR REPLACE FUNCTION cd.mirror_payment(p_appointment uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE net numeric; ever boolean; m text; s text;
BEGIN   -- spec 0.2: paid when net >= fee, refunded when net is 0 after a payment, failed only while nothing was received
  SELECT coalesce(sum(amount), 0), coalesce(bool_or(stands), false), string_agg(DISTINCT method, '+') FILTER (WHERE stands) INTO net, ever, m
    FROM (SELECT y.amount, y.method, y.kind = 'payment' AND NOT EXISTS (SELECT 1 FROM payments v WHERE v.refund_of = y.id AND v.kind = 'void') AS stands
            FROM payments y WHERE y.appointment_id = ANY (ARRAY(SELECT cd.promise(p_appointment)))) x;
  SELECT CASE WHEN ever AND net = 0 THEN 'refunded' WHEN ever AND net >= coalesce(fee, 0) THEN 'paid' WHEN NOT ever AND status = 'cancelled' THEN 'failed' ELSE 'pending' END
    INTO s FROM appointments WHERE id = p_appointment;
  UPDATE appointments SET payment_status = s::payment_status, payment_method = left(m, 50), row_version = row_version + 1, updated_at = now()
    WHERE id = p_appointment AND (payment_status::text, payment_method) IS DISTINCT FROM (s, left(m, 50)::varchar);
END $$;
-- whatever adds to the ledger: the seed's columns follow
CREATE FUNCTION cd.payment_mirrors() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN PERFORM cd.mirror_payment(cd.tip(NEW.appointment_id)); RETURN NULL; END $$;
CREATE TRIGGER mirrors AFTER INSERT ON payments FOR EACH ROW WHEN (NEW.appointment_id IS NOT NULL) EXECUTE FUNCTION cd.payment_mirrors();
CREATE FUNCTION cd.my_shift(p_clinic uuid) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE s uuid;
BEGIN   -- the first money of the day opens the shift, so that no payment is outside one
  IF cd.me() IS NULL THEN RETURN NULL; END IF;
  SELECT id INTO s FROM cash_shifts WHERE clinic_id = p_clinic AND user_id = cd.me() AND closed_at IS NULL FOR SHARE;
  IF s IS NULL THEN
    INSERT INTO cash_shifts(clinic_id, user_id) VALUES (p_clinic, cd.me()) ON CONFLICT (clinic_id, user_id) WHERE closed_at IS NULL DO UPDATE SET opening_float = cash_shifts.opening_float RETURNING id INTO s;
  END IF;
  RETURN s;
END $$;
CREATE FUNCTION cd.receipt_numbered(p_clinic uuid) RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT 'RC-' || y || '-' || lpad(cd.bump(p_clinic, 'receipt', y)::text, 6, '0') FROM (SELECT extract(year FROM now() AT TIME ZONE timezone)::int y FROM clinics WHERE id = p_clinic) c $$;
CREATE FUNCTION cd.figures(p_clinic uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT cd.roll_up_metrics(p_clinic, (now() AT TIME ZONE (SELECT timezone FROM clinics WHERE id = p_clinic))::date) $$;
CREATE FUNCTION cd.take_payments(p_request uuid, p_appointment uuid, p_parts jsonb) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE a appointments; made uuid; one uuid; cur char(3); net numeric; total numeric; base text; shift uuid; part record;
BEGIN   -- parts: [{"amount": "1500.00", "method": "cash"}, ...]; all of them are one receipt
  SELECT id INTO made FROM payments WHERE request_id = p_request AND received_by = cd.me();      -- the same press twice
  IF made IS NOT NULL THEN RETURN made; END IF;
  SELECT * INTO a FROM appointments WHERE id = p_appointment FOR UPDATE;
  PERFORM cd.require_clinic(a.clinic_id);
  SELECT id INTO made FROM payments WHERE request_id = p_request AND received_by = cd.me();
  IF made IS NOT NULL THEN RETURN made; END IF;
  IF jsonb_typeof(p_parts) IS DISTINCT FROM 'array' OR jsonb_array_length(p_parts) NOT BETWEEN 1 AND 6 THEN RAISE EXCEPTION 'parts' USING ERRCODE = 'CD063'; END IF;
  IF EXISTS (SELECT 1 FROM jsonb_array_elements(p_parts) x WHERE coalesce(x ->> 'method', '') NOT IN ('cash','card','transfer','pos','insurance')) THEN RAISE EXCEPTION 'method' USING ERRCODE = 'CD062'; END IF;
  SELECT sum((x ->> 'amount')::numeric) INTO total FROM jsonb_array_elements(p_parts) x;
  SELECT coalesce(sum(amount), 0) INTO net FROM payments WHERE appointment_id = ANY (ARRAY(SELECT cd.promise(a.id)));
  IF a.status IN ('cancelled','rescheduled') OR total IS NULL OR net + total > coalesce(a.fee, 0)
     OR EXISTS (SELECT 1 FROM jsonb_array_elements(p_parts) x WHERE coalesce((x ->> 'amount')::numeric, 0) <= 0 OR (x ->> 'amount')::numeric <> round((x ->> 'amount')::numeric, 2)) THEN
    RAISE EXCEPTION 'amount' USING ERRCODE = 'CD063'; END IF;
  SELECT currency INTO cur FROM clinics WHERE id = a.clinic_id;
  shift := cd.my_shift(a.clinic_id);
  base := cd.receipt_numbered(a.clinic_id);
  FOR part IN SELECT (x.value ->> 'amount')::numeric amount, x.value ->> 'method' method, x.n FROM jsonb_array_elements(p_parts) WITH ORDINALITY x(value, n) ORDER BY x.n LOOP
    INSERT INTO payments(clinic_id, patient_id, appointment_id, kind, amount, currency, method, receipt_number, received_by, request_id, shift_id, group_id)
      VALUES (a.clinic_id, a.patient_id, a.id, 'payment', part.amount, cur, part.method, base || CASE WHEN part.n > 1 THEN '/' || part.n ELSE '' END, cd.me(),
        CASE WHEN part.n = 1 THEN p_request END, shift, p_request) RETURNING id INTO one;
    made := coalesce(made, one);
  END LOOP;
  PERFORM cd.figures(a.clinic_id);
  RETURN made;
END $$;
CREATE OR REPLACE FUNCTION cd.take_payment(p_request uuid, p_appointment uuid, p_amount numeric, p_method text) RETURNS uuid LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT cd.take_payments(p_request, p_appointment, jsonb_build_array(jsonb_build_object('amount', round(p_amount, 2)::text, 'method', p_method))) $$;
-- what the rule gives back now, without anybody's permission
CREATE FUNCTION cd.refund_due(p_appointment uuid) RETURNS numeric LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE a appointments; net numeric;
BEGIN
  SELECT * INTO a FROM appointments WHERE id = p_appointment;
  IF cd.is_staff_session() THEN PERFORM cd.require_clinic(a.clinic_id); END IF;
  SELECT coalesce(sum(amount), 0) INTO net FROM payments WHERE appointment_id = ANY (ARRAY(SELECT cd.promise(a.id)));
  IF a.status = 'rescheduled' THEN RETURN 0; END IF;                                                    -- moved with the new row
  IF a.status = 'cancelled' THEN
    RETURN CASE WHEN coalesce((SELECT cause FROM cancel_causes WHERE code = a.cancel_reason), 'patient') <> 'patient' OR a.cancelled_at <= a.start_at - interval '24 hours' THEN net ELSE 0 END;
  END IF;
  IF a.status = 'no_show' THEN RETURN 0; END IF;
  RETURN greatest(net - coalesce(a.fee, 0), 0);
END $$;
CREATE FUNCTION cd.give_back(y payments, p_amount numeric, p_kind text, p_reason text, p_request uuid, p_shift uuid) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE made uuid;
BEGIN   -- by the way it was paid: no cash for a card
  INSERT INTO payments(clinic_id, patient_id, appointment_id, prescription_id, kind, amount, currency, method, receipt_number, refund_of, reason, received_by, request_id, shift_id, group_id)
    VALUES (y.clinic_id, y.patient_id, cd.tip(y.appointment_id), y.prescription_id, p_kind, -p_amount, y.currency, y.method, cd.receipt_numbered(y.clinic_id), y.id, left(p_reason, 300), cd.me(), p_request, p_shift, p_request)
    RETURNING id INTO made;
  RETURN made;
END $$;
CREATE FUNCTION cd.payment_left(p_payment uuid) RETURNS numeric LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT y.amount + coalesce((SELECT sum(r.amount) FROM payments r WHERE r.refund_of = y.id), 0) FROM payments y WHERE y.id = p_payment AND y.kind = 'payment' $$;
CREATE FUNCTION cd.refund_payment(p_request uuid, p_payment uuid, p_amount numeric, p_reason text) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE y payments; a appointments; rest numeric; made uuid; role text := cd.my_role();
BEGIN
  SELECT id INTO made FROM payments WHERE request_id = p_request AND received_by = cd.me();
  IF made IS NOT NULL THEN RETURN made; END IF;
  SELECT * INTO y FROM payments WHERE id = p_payment;
  PERFORM cd.require_clinic(y.clinic_id);
  SELECT * INTO a FROM appointments WHERE id = cd.tip(y.appointment_id) FOR UPDATE;
  rest := cd.payment_left(y.id);
  IF rest IS NULL THEN RAISE EXCEPTION 'not a payment' USING ERRCODE = 'CD064'; END IF;
  IF rest = 0 THEN RETURN (SELECT id FROM payments WHERE refund_of = y.id ORDER BY received_at, receipt_number LIMIT 1); END IF;    -- spec 1.8: asked twice
  IF p_amount IS NULL OR p_amount <= 0 OR p_amount > rest OR p_amount <> round(p_amount, 2) THEN RAISE EXCEPTION 'amount' USING ERRCODE = 'CD064'; END IF;
  IF length(btrim(coalesce(p_reason, ''))) = 0 THEN RAISE EXCEPTION 'reason' USING ERRCODE = 'CD066'; END IF;
  IF p_amount > cd.refund_due(a.id) AND role <> 'admin' AND NOT (cd.has_duty('cashier_lead') AND a.status NOT IN ('cancelled','no_show')) THEN
    RAISE EXCEPTION 'beyond the rule an administrator refunds' USING ERRCODE = 'CD067'; END IF;
  made := cd.give_back(y, p_amount, 'refund', p_reason, p_request, cd.my_shift(y.clinic_id));
  PERFORM cd.figures(y.clinic_id);
  RETURN made;
END $$;
-- a slip of the cashier: taken back whole, by a line that says so, while the shift is open
CREATE FUNCTION cd.void_payment(p_request uuid, p_payment uuid, p_reason text) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE y payments; made uuid;
BEGIN
  SELECT id INTO made FROM payments WHERE request_id = p_request AND received_by = cd.me();
  IF made IS NOT NULL THEN RETURN made; END IF;
  SELECT * INTO y FROM payments WHERE id = p_payment;
  PERFORM cd.require_clinic(y.clinic_id);
  PERFORM 1 FROM appointments WHERE id = cd.tip(y.appointment_id) FOR UPDATE;
  SELECT id INTO made FROM payments WHERE refund_of = y.id AND kind = 'void';
  IF made IS NOT NULL THEN RETURN made; END IF;
  IF y.kind <> 'payment' OR cd.payment_left(y.id) <> y.amount THEN RAISE EXCEPTION 'refunded already' USING ERRCODE = 'CD064'; END IF;
  IF length(btrim(coalesce(p_reason, ''))) = 0 THEN RAISE EXCEPTION 'reason' USING ERRCODE = 'CD066'; END IF;
  PERFORM 1 FROM cash_shifts WHERE id = y.shift_id AND closed_at IS NULL FOR SHARE;
  IF NOT FOUND THEN RAISE EXCEPTION 'the shift is counted' USING ERRCODE = 'CD068'; END IF;
  IF y.received_by IS DISTINCT FROM cd.me() AND cd.my_role() <> 'admin' AND NOT cd.has_duty('cashier_lead') THEN RAISE EXCEPTION 'somebody else took it' USING ERRCODE = 'CD067'; END IF;
  made := cd.give_back(y, y.amount, 'void', p_reason, p_request, y.shift_id);
  PERFORM cd.figures(y.clinic_id);
  RETURN made;
END $$;
CREATE FUNCTION cd.appointment_refunds() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE y payments; due numeric; part numeric; till uuid;
BEGIN   -- spec 1.8: cancelling a paid visit gives back what the rule says, in the same transaction
  IF NOT EXISTS (SELECT 1 FROM payments WHERE appointment_id = ANY (ARRAY(SELECT cd.promise(NEW.id)))) THEN PERFORM cd.mirror_payment(NEW.id); RETURN NULL; END IF;
  due := cd.refund_due(NEW.id);
  FOR y IN SELECT p.* FROM payments p WHERE p.appointment_id = ANY (ARRAY(SELECT cd.promise(NEW.id))) AND p.kind = 'payment' ORDER BY p.received_at DESC, p.receipt_number DESC LOOP
    part := least(cd.payment_left(y.id), due);
    CONTINUE WHEN part <= 0;
    -- out of the drawer of whoever cancels at the till; a doctor has none: of the one who took it, or who is at the till now
    IF cd.my_role() IN ('receptionist','admin') THEN till := cd.my_shift(y.clinic_id);
    ELSE SELECT s.id INTO till FROM cash_shifts s WHERE s.clinic_id = y.clinic_id AND s.closed_at IS NULL ORDER BY s.id = y.shift_id DESC NULLS LAST, s.opened_at DESC LIMIT 1; END IF;
    PERFORM cd.give_back(y, part, 'refund', 'cancelled: ' || coalesce(NEW.cancel_reason, ''), NULL, till);
    due := due - part;
  END LOOP;
  PERFORM cd.mirror_payment(NEW.id);
  PERFORM cd.figures(NEW.clinic_id);
  RETURN NULL;
END $$;
CREATE TRIGGER e_refunds AFTER UPDATE OF status ON appointments FOR EACH ROW WHEN (NEW.status = 'cancelled' AND OLD.status <> 'cancelled') EXECUTE FUNCTION cd.appointment_refunds();
CREATE FUNCTION cd.print_receipt(p_payment uuid) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE y payments; n int;
BEGIN   -- how often it was on paper before: from 1 on it is a copy
  SELECT * INTO y FROM payments WHERE id = p_payment;
  PERFORM cd.require_clinic(y.clinic_id);
  PERFORM pg_advisory_xact_lock(hashtextextended(y.id::text, 3));
  SELECT count(*) INTO n FROM receipt_prints WHERE payment_id = y.id;
  INSERT INTO receipt_prints(clinic_id, payment_id, printed_by, seat) VALUES (y.clinic_id, y.id, cd.me(), cd.seat());
  RETURN n;
END $$;
CREATE FUNCTION cd.open_shift(p_clinic uuid, p_float numeric) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE s uuid;
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  IF p_float IS NULL OR p_float < 0 OR p_float = 'NaN' OR p_float <> round(p_float, 2) THEN RAISE EXCEPTION 'float' USING ERRCODE = 'CD064'; END IF;
  -- counted once: a shift that money opened by itself takes its float later, as long as it has none
  UPDATE cash_shifts SET opening_float = p_float WHERE clinic_id = p_clinic AND user_id = cd.me() AND closed_at IS NULL AND opening_float = 0 RETURNING id INTO s;
  IF s IS NULL THEN
    IF EXISTS (SELECT 1 FROM cash_shifts WHERE clinic_id = p_clinic AND user_id = cd.me() AND closed_at IS NULL) THEN RAISE EXCEPTION 'open already' USING ERRCODE = 'CD069'; END IF;
    INSERT INTO cash_shifts(clinic_id, user_id, opening_float) VALUES (p_clinic, cd.me(), p_float) RETURNING id INTO s;
  END IF;
  RETURN s;
END $$;
CREATE FUNCTION cd.shift_expected(p_shift uuid) RETURNS TABLE(method text, amount numeric) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE s cash_shifts;
BEGIN
  SELECT * INTO s FROM cash_shifts c WHERE c.id = p_shift;
  PERFORM cd.require_clinic(s.clinic_id);
  RETURN QUERY SELECT m.method, m.amount FROM (SELECT w.method, coalesce(sum(y.amount), 0) + CASE w.method WHEN 'cash' THEN s.opening_float ELSE 0 END AS amount, w.n
      FROM unnest(ARRAY['cash','card','pos','transfer','insurance']) WITH ORDINALITY w(method, n) LEFT JOIN payments y ON y.shift_id = s.id AND y.method = w.method GROUP BY w.method, w.n) m ORDER BY m.n;
END $$;
CREATE FUNCTION cd.close_shift(p_shift uuid, p_counted jsonb, p_reason text, p_left numeric, p_to uuid) RETURNS numeric LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE s cash_shifts; e jsonb; off boolean; diff numeric;
BEGIN
  SELECT * INTO s FROM cash_shifts WHERE id = p_shift FOR UPDATE;
  PERFORM cd.require_clinic(s.clinic_id);
  IF s.closed_at IS NOT NULL THEN RAISE EXCEPTION 'closed' USING ERRCODE = 'CD050'; END IF;
  IF s.user_id <> cd.me() AND cd.my_role() <> 'admin' AND NOT cd.has_duty('cashier_lead') THEN RAISE EXCEPTION 'the cashier lead closes the shift of another' USING ERRCODE = 'CD067'; END IF;
  IF EXISTS (SELECT 1 FROM jsonb_each_text(coalesce(p_counted, '{}')) c WHERE c.value IS NULL OR c.value::numeric < 0 OR c.value::numeric = 'NaN' OR c.value::numeric <> round(c.value::numeric, 2)) THEN
    RAISE EXCEPTION 'counted' USING ERRCODE = 'CD064'; END IF;
  IF p_to IS NOT NULL AND (p_to = s.user_id OR NOT EXISTS (SELECT 1 FROM clinic_staff WHERE user_id = p_to AND clinic_id = s.clinic_id AND is_active AND role IN ('receptionist','admin'))) THEN
    RAISE EXCEPTION 'no cashier of this clinic' USING ERRCODE = 'CD032'; END IF;
  SELECT jsonb_object_agg(x.method, x.amount::text), bool_or(x.amount <> coalesce((p_counted ->> x.method)::numeric, 0)), sum(coalesce((p_counted ->> x.method)::numeric, 0) - x.amount)
    INTO e, off, diff FROM cd.shift_expected(s.id) x;
  IF coalesce(p_left, 0) > coalesce((p_counted ->> 'cash')::numeric, 0) OR p_left < 0 THEN RAISE EXCEPTION 'more than counted' USING ERRCODE = 'CD064'; END IF;
  IF off AND length(btrim(coalesce(p_reason, ''))) = 0 THEN RAISE EXCEPTION 'reason of the difference' USING ERRCODE = 'CD066'; END IF;
  UPDATE cash_shifts SET closed_at = clock_timestamp(), closed_by = cd.me(), counted = p_counted, expected = e, variance = diff, variance_reason = left(btrim(coalesce(p_reason, '')), 300),
    left_in_drawer = coalesce(p_left, 0), handed_to = p_to WHERE id = s.id;
  RETURN diff;
END $$;
CREATE FUNCTION cd.accept_shift(p_shift uuid) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE s cash_shifts; mine uuid;
BEGIN   -- the float goes into the shift of the one who takes over, and is counted there at its end
  SELECT * INTO s FROM cash_shifts WHERE id = p_shift FOR UPDATE;
  PERFORM cd.require_clinic(s.clinic_id);
  IF s.handed_to IS DISTINCT FROM cd.me() THEN RAISE EXCEPTION 'handed to somebody else' USING ERRCODE = 'CD067'; END IF;
  IF s.accepted_at IS NOT NULL THEN RETURN s.accepted_into; END IF;
  mine := cd.my_shift(s.clinic_id);
  UPDATE cash_shifts SET opening_float = opening_float + coalesce(s.left_in_drawer, 0) WHERE id = mine;
  UPDATE cash_shifts SET accepted_at = clock_timestamp(), accepted_into = mine WHERE id = s.id;
  RETURN mine;
END $$;

-- the queue (spec 1.3): who arrived today, under which number, and how far they are -----------------------------------
CREATE TABLE arrivals(
  id uuid PRIMARY KEY REFERENCES appointments(id), clinic_id uuid NOT NULL REFERENCES clinics(id), day date NOT NULL, number integer NOT NULL,
  urgent boolean NOT NULL DEFAULT false, nurse_at timestamptz, nurse_by uuid REFERENCES users(id), called_at timestamptz, called_by uuid REFERENCES users(id),
  calls integer NOT NULL DEFAULT 0, requeued_at timestamptz, UNIQUE (clinic_id, day, number));
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON arrivals FOR EACH ROW EXECUTE FUNCTION cd.audit();
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE OR DELETE ON arrivals FOR EACH ROW EXECUTE FUNCTION cd.feed('arrivals', 'id');
ALTER TABLE arrivals ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON arrivals TO cd_staff USING (clinic_id = ANY ((SELECT cd.my_clinics())::uuid[]));
CREATE FUNCTION cd.arrive(a appointments) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE before arrivals;
BEGIN
  IF EXISTS (SELECT 1 FROM arrivals WHERE id = a.id) THEN RETURN; END IF;
  DELETE FROM arrivals WHERE id = a.rescheduled_from_id AND day = a.appointment_date RETURNING * INTO before;   -- who is moved keeps the number
  INSERT INTO arrivals(id, clinic_id, day, number, urgent) VALUES (a.id, a.clinic_id, a.appointment_date,
    coalesce(before.number, cd.bump(a.clinic_id, 'queue', to_char(a.appointment_date, 'YYYYMMDD')::int)), coalesce(before.urgent, false));
END $$;
CREATE FUNCTION cd.appointment_arrived() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.checked_in_at IS NULL THEN DELETE FROM arrivals WHERE id = NEW.id; ELSE PERFORM cd.arrive(NEW); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER e_arrived AFTER UPDATE OF checked_in_at ON appointments FOR EACH ROW WHEN (OLD.checked_in_at IS DISTINCT FROM NEW.checked_in_at) EXECUTE FUNCTION cd.appointment_arrived();
CREATE FUNCTION cd.queue(p_clinic uuid, p_day date) RETURNS TABLE(id uuid, number int, patient_id uuid, patient_name text, mrn text, phone text, doctor_id uuid, doctor_name text, type_name text, room text,
  start_at timestamptz, checked_in_at timestamptz, state text, since timestamptz, urgent boolean, calls int, place int, version int)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  RETURN QUERY
    WITH today AS (SELECT a.*, r.number n, coalesce(r.urgent, false) u, r.nurse_at, r.called_at, coalesce(r.calls, 0) c, r.requeued_at,
        CASE WHEN a.status = 'completed' THEN 'done' WHEN a.status = 'in_progress' THEN 'in_room' WHEN a.checked_in_at IS NULL THEN 'expected' WHEN r.called_at IS NOT NULL THEN 'called'
             WHEN r.nurse_at IS NOT NULL THEN 'nurse' ELSE 'waiting' END AS s
      FROM appointments a LEFT JOIN arrivals r ON r.id = a.id
      WHERE a.clinic_id = p_clinic AND a.appointment_date = p_day AND a.status IN ('pending','confirmed','in_progress','completed'))
    SELECT t.id, t.n, t.patient_id, btrim(u.first_name || ' ' || u.last_name), p.mrn::text,
      coalesce((SELECT c.value FROM contact_points c WHERE c.user_id = t.patient_id AND c.kind = 'phone' ORDER BY c.value LIMIT 1), '')::text,
      t.doctor_id, btrim(du.first_name || ' ' || du.last_name), coalesce(ty.name, '')::text, coalesce(ro.name, '')::text, t.start_at, t.checked_in_at, t.s,
      CASE t.s WHEN 'done' THEN t.completed_at WHEN 'in_room' THEN t.started_at WHEN 'called' THEN t.called_at WHEN 'nurse' THEN t.nurse_at WHEN 'waiting' THEN coalesce(t.requeued_at, t.checked_in_at) END,
      t.u, t.c,
      -- spec 1.3.3: emergencies, then the appointment's time, then check-in; who is late, or was called in vain, counts from then
      (row_number() OVER (ORDER BY t.u DESC, coalesce(greatest(t.requeued_at, CASE WHEN t.requeued_at IS NOT NULL THEN t.start_at END), CASE WHEN t.checked_in_at > t.start_at + interval '15 minutes' THEN t.checked_in_at ELSE t.start_at END), t.checked_in_at, t.id))::int, t.row_version
    FROM today t JOIN user_profiles u ON u.user_id = t.patient_id JOIN patients p ON p.user_id = t.patient_id JOIN doctor_profiles d ON d.id = t.doctor_id JOIN user_profiles du ON du.user_id = d.user_id
      LEFT JOIN appointment_types ty ON ty.id = t.appointment_type_id LEFT JOIN rooms ro ON ro.id = t.room_id
    ORDER BY 17;
END $$;
CREATE FUNCTION cd.queue_step(p_appointment uuid, p_step text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE a appointments;
BEGIN
  SELECT * INTO a FROM appointments WHERE id = p_appointment FOR UPDATE;
  PERFORM cd.require_clinic(a.clinic_id);
  IF a.checked_in_at IS NULL OR a.status <> 'confirmed' THEN RAISE EXCEPTION 'not waiting' USING ERRCODE = 'CD050'; END IF;
  IF coalesce(p_step, '') NOT IN ('nurse','back','call','requeue','urgent','not_urgent') THEN RAISE EXCEPTION 'no such step' USING ERRCODE = 'CD002'; END IF;
  IF p_step = 'nurse' AND cd.my_role() <> 'nurse' AND cd.my_role() <> 'doctor' THEN RAISE EXCEPTION 'a nurse takes the patient' USING ERRCODE = '42501'; END IF;
  PERFORM cd.arrive(a);
  UPDATE arrivals SET
    nurse_at = CASE p_step WHEN 'nurse' THEN clock_timestamp() WHEN 'back' THEN NULL WHEN 'requeue' THEN NULL ELSE nurse_at END,
    nurse_by = CASE p_step WHEN 'nurse' THEN cd.me() ELSE nurse_by END,
    called_at = CASE p_step WHEN 'call' THEN clock_timestamp() WHEN 'requeue' THEN NULL WHEN 'back' THEN NULL ELSE called_at END,
    called_by = CASE p_step WHEN 'call' THEN cd.me() ELSE called_by END,
    calls = calls + (p_step = 'call')::int,
    requeued_at = CASE p_step WHEN 'requeue' THEN clock_timestamp() ELSE requeued_at END,
    urgent = CASE p_step WHEN 'urgent' THEN true WHEN 'not_urgent' THEN false ELSE urgent END
  WHERE id = a.id;
END $$;

-- calls to people whose visit is not certain (spec 1.3.5, 6.5) ---------------------------------------------------------
CREATE TABLE call_attempts(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), appointment_id uuid NOT NULL REFERENCES appointments(id),
  outcome varchar(12) NOT NULL CHECK (outcome IN ('reached','not_reached','confirmed')), called_by uuid REFERENCES users(id), called_at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE INDEX idx_call_attempts_appointment ON call_attempts (appointment_id, called_at DESC);
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON call_attempts FOR EACH ROW EXECUTE FUNCTION cd.audit();
CREATE TRIGGER z_feed AFTER INSERT ON call_attempts FOR EACH ROW EXECUTE FUNCTION cd.feed('calls', 'appointment_id');
ALTER TABLE call_attempts ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON call_attempts TO cd_staff USING (clinic_id = ANY ((SELECT cd.my_clinics())::uuid[]));
CREATE FUNCTION cd.log_call(p_appointment uuid, p_outcome text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE c uuid;
BEGIN
  SELECT clinic_id INTO c FROM appointments WHERE id = p_appointment;
  PERFORM cd.require_clinic(c);
  INSERT INTO call_attempts(clinic_id, appointment_id, outcome, called_by) VALUES (c, p_appointment, p_outcome, cd.me());
END $$;
CREATE FUNCTION cd.call_list(p_clinic uuid, p_from date, p_to date) RETURNS TABLE(id uuid, patient_id uuid, patient_name text, phone text, doctor_name text, type_name text, start_at timestamptz, status text,
  why text, outcome text, called_at timestamptz, calls int, version int) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  RETURN QUERY
    WITH due AS (SELECT a.*, CASE WHEN a.status = 'pending' THEN 'unconfirmed'
        WHEN EXISTS (SELECT 1 FROM notifications n WHERE n.user_id = a.patient_id AND n.state IN ('failed','dead') AND a.id::text IN (n.data ->> 'appointment', n.data ->> 'appointment_id')) THEN 'reminder_failed'
        WHEN (SELECT count(*) FROM appointments m WHERE m.patient_id = a.patient_id AND m.status = 'no_show' AND m.appointment_date >= a.appointment_date - 365) >= 3 THEN 'no_shows' END AS reason
      FROM appointments a WHERE a.clinic_id = p_clinic AND a.appointment_date BETWEEN p_from AND p_to AND a.status IN ('pending','confirmed') AND a.checked_in_at IS NULL AND a.start_at > now())
    SELECT d.id, d.patient_id, btrim(u.first_name || ' ' || u.last_name), coalesce((SELECT c.value FROM contact_points c WHERE c.user_id = d.patient_id AND c.kind = 'phone' ORDER BY c.value LIMIT 1), '')::text,
      btrim(du.first_name || ' ' || du.last_name), coalesce(t.name, '')::text, d.start_at, d.status::text, d.reason, coalesce(l.outcome, '')::text, l.called_at,
      (SELECT count(*)::int FROM call_attempts x WHERE x.appointment_id = d.id), d.row_version
    FROM due d JOIN user_profiles u ON u.user_id = d.patient_id JOIN doctor_profiles p ON p.id = d.doctor_id JOIN user_profiles du ON du.user_id = p.user_id LEFT JOIN appointment_types t ON t.id = d.appointment_type_id
      LEFT JOIN LATERAL (SELECT x.outcome, x.called_at FROM call_attempts x WHERE x.appointment_id = d.id ORDER BY x.called_at DESC LIMIT 1) l ON true
    WHERE d.reason IS NOT NULL AND coalesce(l.outcome, '') <> 'confirmed' ORDER BY d.start_at, d.id;
END $$;

-- people (spec 2.1, 2.4, 2.5) -------------------------------------------------------------------------------------------
CREATE TABLE patient_guardians(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), patient_id uuid NOT NULL REFERENCES users(id), person_id uuid REFERENCES users(id),   -- a patient too, when known here
  name varchar(200) NOT NULL CHECK (length(btrim(name)) > 0), relation varchar(20) NOT NULL CHECK (relation IN ('mother','father','grandparent','sibling','aunt_uncle','legal_guardian','other')),
  phone varchar(20) NOT NULL DEFAULT '', proof varchar(100) NOT NULL DEFAULT '', may_consent boolean NOT NULL DEFAULT true, may_collect boolean NOT NULL DEFAULT true,
  valid_from date NOT NULL DEFAULT current_date, valid_to date, recorded_by uuid REFERENCES users(id), recorded_at timestamptz NOT NULL DEFAULT now(), CHECK (valid_to IS NULL OR valid_to >= valid_from));
CREATE INDEX idx_patient_guardians_patient ON patient_guardians (patient_id);
CREATE TABLE patient_consents(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), patient_id uuid NOT NULL REFERENCES users(id), clinic_id uuid NOT NULL REFERENCES clinics(id),
  purpose varchar(20) NOT NULL CHECK (purpose IN ('treatment','reminders','other_provider','payer','research','photo')), text_version varchar(20) NOT NULL DEFAULT '1',
  given boolean NOT NULL, given_by varchar(10) NOT NULL CHECK (given_by IN ('patient','guardian')), guardian_id uuid REFERENCES patient_guardians(id),
  method varchar(16) NOT NULL CHECK (method IN ('signature','ticked','verbal_witness')), recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(), recorded_by uuid REFERENCES users(id), withdrawn_at timestamptz,
  CHECK ((given_by = 'guardian') = (guardian_id IS NOT NULL)));
CREATE INDEX idx_patient_consents_patient ON patient_consents (patient_id, purpose, recorded_at DESC);
CREATE TABLE patient_photos(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), patient_id uuid NOT NULL UNIQUE REFERENCES users(id), jpeg bytea NOT NULL CHECK (octet_length(jpeg) BETWEEN 4 AND 32768 AND substr(jpeg, 1, 3) = '\xffd8ff'),
  taken_by uuid REFERENCES users(id), taken_at timestamptz NOT NULL DEFAULT now());
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['patient_guardians','patient_consents','patient_photos'] LOOP
    EXECUTE format('CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION cd.audit()', t);
    EXECUTE format('CREATE TRIGGER z_feed AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION cd.feed(''patients'', ''patient_id'')', t);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY clinic ON %I TO cd_staff USING (EXISTS (SELECT 1 FROM patient_clinics pc WHERE pc.patient_id = %I.patient_id))', t, t);
  END LOOP;
END $$;
CREATE INDEX IF NOT EXISTS idx_audit_log_subject ON audit_log (subject, id) WHERE subject IS NOT NULL;
CREATE FUNCTION cd.require_patient(p_patient uuid) RETURNS void LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF p_patient IS NULL OR NOT EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = p_patient AND clinic_id = ANY (cd.my_clinics())) THEN RAISE EXCEPTION 'not a patient of yours' USING ERRCODE = '42501'; END IF;
END $$;
CREATE FUNCTION cd.add_guardian(p_patient uuid, p jsonb) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE g uuid; who uuid := (p ->> 'person_id')::uuid;
BEGIN
  PERFORM cd.require_patient(p_patient);
  IF who IS NOT NULL THEN PERFORM cd.require_patient(who); END IF;
  IF who = p_patient THEN RAISE EXCEPTION 'nobody is the own guardian' USING ERRCODE = 'CD050'; END IF;
  INSERT INTO patient_guardians(patient_id, person_id, name, relation, phone, proof, may_consent, may_collect, recorded_by)
    VALUES (p_patient, who, coalesce(p ->> 'name', ''), p ->> 'relation', coalesce(p ->> 'phone', ''), coalesce(p ->> 'proof', ''), coalesce((p ->> 'may_consent')::boolean, true),
      coalesce((p ->> 'may_collect')::boolean, true), cd.me()) RETURNING id INTO g;
  RETURN g;
END $$;
CREATE FUNCTION cd.end_guardian(p_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM cd.require_patient((SELECT patient_id FROM patient_guardians WHERE id = p_id));
  UPDATE patient_guardians SET valid_to = greatest(current_date - 1, valid_from), may_consent = false, may_collect = false WHERE id = p_id;
END $$;
CREATE FUNCTION cd.record_consent(p_clinic uuid, p_patient uuid, p jsonb) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE c uuid;
BEGIN   -- the newest row of a purpose holds
  PERFORM cd.require_clinic(p_clinic);
  PERFORM cd.require_patient(p_patient);
  IF p ->> 'guardian_id' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM patient_guardians g WHERE g.id = (p ->> 'guardian_id')::uuid AND g.patient_id = p_patient AND g.may_consent AND coalesce(g.valid_to, current_date) >= current_date) THEN
    RAISE EXCEPTION 'not a guardian who may consent' USING ERRCODE = '42501'; END IF;
  INSERT INTO patient_consents(patient_id, clinic_id, purpose, text_version, given, given_by, guardian_id, method, recorded_by)
    VALUES (p_patient, p_clinic, p ->> 'purpose', coalesce(p ->> 'text_version', '1'), (p ->> 'given')::boolean, CASE WHEN p ->> 'guardian_id' IS NULL THEN 'patient' ELSE 'guardian' END,
      (p ->> 'guardian_id')::uuid, coalesce(p ->> 'method', 'ticked'), cd.me()) RETURNING id INTO c;
  RETURN c;
END $$;
CREATE FUNCTION cd.withdraw_consent(p_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM cd.require_patient((SELECT patient_id FROM patient_consents WHERE id = p_id));
  UPDATE patient_consents SET withdrawn_at = clock_timestamp() WHERE id = p_id AND given AND withdrawn_at IS NULL;
END $$;
CREATE FUNCTION cd.set_photo(p_patient uuid, p_jpeg bytea) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN   -- the seed's avatar_url names which picture it is
  PERFORM cd.require_patient(p_patient);
  IF p_jpeg IS NULL THEN DELETE FROM patient_photos WHERE patient_id = p_patient;
  ELSE INSERT INTO patient_photos(patient_id, jpeg, taken_by) VALUES (p_patient, p_jpeg, cd.me()) ON CONFLICT (patient_id) DO UPDATE SET jpeg = excluded.jpeg, taken_by = excluded.taken_by, taken_at = now(); END IF;
  UPDATE user_profiles SET avatar_url = CASE WHEN p_jpeg IS NOT NULL THEN 'photo:' || left(encode(sha256(p_jpeg), 'hex'), 16) END WHERE user_id = p_patient;
END $$;
CREATE OR REPLACE FUNCTION cd.register_patient(p_clinic uuid, p jsonb) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE u uuid := coalesce((p ->> 'id')::uuid, gen_random_uuid()); m text; phone text := nullif(p ->> 'phone', ''); g uuid; c jsonb;
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  IF (p ->> 'date_of_birth')::date > current_date OR (p ->> 'date_of_birth')::date < current_date - interval '120 years' THEN
    RAISE EXCEPTION 'date of birth' USING ERRCODE = 'CD060'; END IF;
  m := cd.next_mrn();
  INSERT INTO users(id, email, phone, password_hash, role) VALUES (u, coalesce(nullif(lower(p ->> 'email'), ''), lower(m) || '@patient.invalid'),
    CASE WHEN phone IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users x WHERE x.phone = p ->> 'phone') THEN phone END, 'no-login', 'patient');
  INSERT INTO user_profiles(user_id, first_name, last_name, other_names, single_name, date_of_birth, gender, address)
    VALUES (u, p ->> 'first_name', p ->> 'last_name', nullif(p ->> 'other_names', ''), coalesce(p ->> 'first_name', '') = '', (p ->> 'date_of_birth')::date, (p ->> 'gender')::gender_type, p -> 'address');
  INSERT INTO patients(user_id, mrn, dob_precision, sex_for_clinical_use, duplicate_reason, registered_by)
    VALUES (u, m, coalesce(p ->> 'dob_precision', 'day'), CASE WHEN p ->> 'gender' IN ('male','female') THEN p ->> 'gender' END, nullif(p ->> 'duplicate_reason', ''), cd.me());
  INSERT INTO patient_clinics VALUES (u, p_clinic);
  INSERT INTO contact_points(user_id, kind, value) SELECT DISTINCT u, 'phone', x FROM (SELECT phone x UNION SELECT jsonb_array_elements_text(coalesce(p -> 'phones', '[]'))) y WHERE x <> '';
  INSERT INTO notification_preferences(user_id) VALUES (u);
  IF jsonb_typeof(p -> 'guardian') = 'object' THEN g := cd.add_guardian(u, p -> 'guardian'); END IF;
  FOR c IN SELECT * FROM jsonb_array_elements(coalesce(p -> 'consents', '[]')) LOOP
    PERFORM cd.record_consent(p_clinic, u, CASE WHEN g IS NULL THEN c ELSE c || jsonb_build_object('guardian_id', g) END);
  END LOOP;
  RETURN u;
END $$;
CREATE FUNCTION cd.correct_patient(p_patient uuid, p_version int, p jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v int; wanted text[];
BEGIN   -- spec 2.1; two seats: the second sees what changed
  PERFORM cd.require_patient(p_patient);
  SELECT row_version INTO v FROM patients WHERE user_id = p_patient FOR UPDATE;
  IF v IS DISTINCT FROM p_version THEN RAISE EXCEPTION 'stale' USING ERRCODE = 'CD050'; END IF;
  IF (p ->> 'date_of_birth')::date > current_date OR (p ->> 'date_of_birth')::date < current_date - interval '120 years' THEN RAISE EXCEPTION 'date of birth' USING ERRCODE = 'CD060'; END IF;
  UPDATE user_profiles SET first_name = p ->> 'first_name', last_name = p ->> 'last_name', other_names = nullif(p ->> 'other_names', ''), single_name = coalesce(p ->> 'first_name', '') = '',
    date_of_birth = (p ->> 'date_of_birth')::date, gender = (p ->> 'gender')::gender_type, address = CASE WHEN p ? 'address' THEN p -> 'address' ELSE address END, updated_at = now() WHERE user_id = p_patient;
  UPDATE patients SET dob_precision = coalesce(p ->> 'dob_precision', dob_precision), row_version = row_version + 1 WHERE user_id = p_patient;
  IF coalesce(p ->> 'email', '') <> '' THEN UPDATE users SET email = lower(p ->> 'email'), updated_at = now() WHERE id = p_patient AND email <> lower(p ->> 'email'); END IF;
  wanted := ARRAY(SELECT x FROM jsonb_array_elements_text(coalesce(p -> 'phones', '[]')) x WHERE x <> '');
  DELETE FROM contact_points WHERE user_id = p_patient AND kind = 'phone' AND NOT value = ANY (wanted);
  INSERT INTO contact_points(user_id, kind, value) SELECT p_patient, 'phone', x FROM unnest(wanted) x ON CONFLICT DO NOTHING;
END $$;
-- who changed what, from the audit: identity only, and only what the desk sees anyway
CREATE FUNCTION cd.patient_history(p_patient uuid) RETURNS TABLE(id bigint, at timestamptz, person text, tab text, op text, old jsonb, new jsonb) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE shown text[] := ARRAY['first_name','last_name','other_names','date_of_birth','gender','address','preferred_language','mrn','dob_precision','deceased_at','merged_into','duplicate_reason','kind','value',
  'name','relation','phone','proof','may_consent','may_collect','valid_to','purpose','given','given_by','method','withdrawn_at','taken_at','email'];
BEGIN
  PERFORM cd.require_patient(p_patient);
  RETURN QUERY SELECT a.id, a.at, coalesce((SELECT btrim(u.first_name || ' ' || u.last_name) FROM user_profiles u WHERE u.user_id = cd.login_of(a.login_role)), '')::text, a.tab::text, a.op,
      (SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(a.old) e WHERE e.key = ANY (shown) AND e.value <> 'null'), (SELECT jsonb_object_agg(e.key, e.value) FROM jsonb_each(a.new) e WHERE e.key = ANY (shown) AND (e.value <> 'null' OR a.op = 'U'))
    FROM audit_log a WHERE a.subject = p_patient AND a.tab IN ('user_profiles','patients','contact_points','patient_guardians','patient_consents','patient_photos') AND a.op IN ('I','U','D')
      AND (a.op <> 'U' OR EXISTS (SELECT 1 FROM jsonb_object_keys(a.new) k WHERE k = ANY (shown))) ORDER BY a.id DESC LIMIT 500;
END $$;

-- one person, two records (spec 2.3): an alias, no rewriting -------------------------------------------------------------
CREATE TABLE patient_aliases(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), loser_id uuid NOT NULL REFERENCES patients(user_id), survivor_id uuid NOT NULL REFERENCES patients(user_id),
  reason varchar(300) NOT NULL, state varchar(10) NOT NULL CHECK (state IN ('proposed','merged','closed')), asked_by uuid REFERENCES users(id), asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  confirmed_by uuid REFERENCES users(id), valid_from timestamptz, valid_to timestamptz, repointed uuid[] NOT NULL DEFAULT '{}', closed_by uuid REFERENCES users(id), close_reason varchar(300) NOT NULL DEFAULT '',
  CHECK (loser_id <> survivor_id));
CREATE UNIQUE INDEX patient_aliases_one_open ON patient_aliases (loser_id) WHERE state IN ('proposed','merged');
CREATE INDEX idx_patients_merged ON patients (merged_into) WHERE merged_into IS NOT NULL;
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON patient_aliases FOR EACH ROW EXECUTE FUNCTION cd.audit();
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE ON patient_aliases FOR EACH ROW EXECUTE FUNCTION cd.feed('patients', 'survivor_id');
ALTER TABLE patient_aliases ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON patient_aliases TO cd_staff USING (clinic_id = ANY ((SELECT cd.my_clinics())::uuid[]));
CREATE FUNCTION cd.same_person(p uuid) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT c.id FROM (SELECT cd.canonical(p) AS id) c UNION SELECT x.user_id FROM patients x WHERE x.merged_into = cd.canonical(p) $$;
CREATE FUNCTION cd.require_records() RETURNS void LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN IF cd.me() IS NULL OR cd.my_role() <> 'admin' AND NOT cd.has_duty('records') THEN RAISE EXCEPTION 'the records officer merges' USING ERRCODE = 'CD071'; END IF; END $$;
CREATE FUNCTION cd.linked_records(p_patient uuid) RETURNS TABLE(kind text, id uuid, at timestamptz, what text) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE clinical boolean := cd.my_role() IN ('doctor','nurse','pharmacist');
BEGIN   -- everything that names this patient; clinical words only for those who treat
  PERFORM cd.require_patient(p_patient);
  PERFORM cd.require_records();
  RETURN QUERY SELECT x.* FROM (
    SELECT 'appointments' AS k, a.id AS i, a.created_at AS t, to_char(a.appointment_date, 'DD.MM.YYYY') || ' ' || to_char(a.start_time, 'HH24:MI') || ', ' || a.status::text AS w FROM appointments a WHERE a.patient_id = p_patient
    UNION ALL SELECT 'waiting_list', w.id, w.created_at, w.status::text FROM waiting_list w WHERE w.patient_id = p_patient
    UNION ALL SELECT 'payments', y.id, y.received_at, y.receipt_number || ', ' || y.amount::text || ' ' || y.currency FROM payments y WHERE y.patient_id = p_patient
    UNION ALL SELECT 'visits', v.id, v.created_at, to_char(v.visit_date, 'DD.MM.YYYY') || ', ' || v.status::text FROM visits v WHERE v.patient_id = p_patient
    UNION ALL SELECT 'prescriptions', r.id, r.created_at, r.prescription_number::text || ', ' || r.status::text FROM prescriptions r WHERE r.patient_id = p_patient
    UNION ALL SELECT 'prescription_drafts', f.id, f.updated_at, '' FROM prescription_drafts f WHERE f.patient_id = p_patient
    UNION ALL SELECT 'patient_allergies', l.id, l.recorded_at, CASE WHEN clinical THEN l.substance::text ELSE '' END FROM patient_allergies l WHERE l.patient_id = p_patient
    UNION ALL SELECT 'patient_problems', b.id, b.recorded_at, CASE WHEN clinical THEN b.description::text ELSE '' END FROM patient_problems b WHERE b.patient_id = p_patient
    UNION ALL SELECT 'patient_measures', m.id, m.measured_at, CASE WHEN clinical THEN m.kind::text ELSE '' END FROM patient_measures m WHERE m.patient_id = p_patient
    UNION ALL SELECT 'patient_guardians', g.id, g.recorded_at, g.name || ', ' || g.relation FROM patient_guardians g WHERE g.patient_id = p_patient OR g.person_id = p_patient
    UNION ALL SELECT 'patient_consents', c.id, c.recorded_at, c.purpose::text FROM patient_consents c WHERE c.patient_id = p_patient
    UNION ALL SELECT 'patient_photos', h.id, h.taken_at, '' FROM patient_photos h WHERE h.patient_id = p_patient
    UNION ALL SELECT 'contact_points', o.id, NULL::timestamptz, o.value::text FROM contact_points o WHERE o.user_id = p_patient
    UNION ALL SELECT 'emergency_accesses', e.id, e.broken_at, '' FROM emergency_accesses e WHERE e.patient_id = p_patient
    UNION ALL SELECT 'staff_relatives', s.id, NULL::timestamptz, s.relation::text FROM staff_relatives s WHERE s.patient_id = p_patient
    UNION ALL SELECT 'notifications', n.id, n.created_at, n.type::text FROM notifications n WHERE n.user_id = p_patient) x(k, i, t, w) ORDER BY x.k, x.t DESC NULLS LAST, x.i;
END $$;
CREATE FUNCTION cd.apply_merge(p_alias uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE x patient_aliases;
BEGIN
  SELECT * INTO x FROM patient_aliases WHERE id = p_alias FOR UPDATE;
  PERFORM 1 FROM patients WHERE user_id IN (x.loser_id, x.survivor_id) ORDER BY user_id FOR UPDATE;
  IF EXISTS (SELECT 1 FROM patients WHERE user_id IN (x.loser_id, x.survivor_id) AND merged_into IS NOT NULL) THEN RAISE EXCEPTION 'merged already' USING ERRCODE = 'CD070'; END IF;   -- no chains, no loops
  UPDATE patient_aliases SET state = 'merged', valid_from = clock_timestamp(), repointed = ARRAY(SELECT user_id FROM patients WHERE merged_into = x.loser_id ORDER BY user_id) WHERE id = x.id;
  UPDATE patients SET merged_into = x.survivor_id WHERE user_id = x.loser_id OR merged_into = x.loser_id;
END $$;
CREATE FUNCTION cd.merge_patients(p_survivor uuid, p_loser uuid, p_reason text) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE made uuid; c uuid; heavy boolean;
BEGIN
  PERFORM cd.require_records();
  PERFORM cd.require_patient(p_survivor);
  PERFORM cd.require_patient(p_loser);
  IF length(btrim(coalesce(p_reason, ''))) = 0 THEN RAISE EXCEPTION 'reason' USING ERRCODE = 'CD066'; END IF;
  IF p_survivor = p_loser OR EXISTS (SELECT 1 FROM patients WHERE user_id IN (p_survivor, p_loser) AND merged_into IS NOT NULL)
     OR EXISTS (SELECT 1 FROM patient_aliases WHERE loser_id IN (p_loser, p_survivor) AND state = 'proposed') THEN RAISE EXCEPTION 'merged already' USING ERRCODE = 'CD070'; END IF;
  SELECT clinic_id INTO c FROM patient_clinics WHERE patient_id = p_loser AND clinic_id = ANY (cd.my_clinics()) ORDER BY clinic_id LIMIT 1;
  heavy := EXISTS (SELECT 1 FROM visits WHERE patient_id IN (p_survivor, p_loser) AND status IN ('signed','amended')) OR EXISTS (SELECT 1 FROM prescriptions WHERE patient_id IN (p_survivor, p_loser));
  INSERT INTO patient_aliases(clinic_id, loser_id, survivor_id, reason, state, asked_by) VALUES (c, p_loser, p_survivor, left(btrim(p_reason), 300), 'proposed', cd.me()) RETURNING id INTO made;
  IF NOT heavy THEN PERFORM cd.apply_merge(made); END IF;                                           -- else a second person confirms (spec 2.3.1)
  RETURN made;
END $$;
CREATE FUNCTION cd.confirm_merge(p_alias uuid, p_yes boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE x patient_aliases;
BEGIN
  PERFORM cd.require_records();
  SELECT * INTO x FROM patient_aliases WHERE id = p_alias FOR UPDATE;
  PERFORM cd.require_clinic(x.clinic_id);
  IF x.state <> 'proposed' THEN RAISE EXCEPTION 'not proposed' USING ERRCODE = 'CD050'; END IF;
  IF NOT coalesce(p_yes, false) THEN UPDATE patient_aliases SET state = 'closed', closed_by = cd.me(), valid_to = clock_timestamp() WHERE id = x.id; RETURN; END IF;
  IF x.asked_by = cd.me() THEN RAISE EXCEPTION 'a second person confirms' USING ERRCODE = 'CD072'; END IF;
  UPDATE patient_aliases SET confirmed_by = cd.me() WHERE id = x.id;
  PERFORM cd.apply_merge(x.id);
END $$;
-- what came to the survivor after the merge: a person says whose it is (spec 2.3.3)
CREATE FUNCTION cd.since_merge(p_alias uuid) RETURNS TABLE(kind text, id uuid, at timestamptz, what text) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE x patient_aliases;
BEGIN
  SELECT * INTO x FROM patient_aliases a WHERE a.id = p_alias;
  PERFORM cd.require_clinic(x.clinic_id);
  RETURN QUERY SELECT l.* FROM cd.linked_records(x.survivor_id) l WHERE l.at > x.valid_from;
END $$;
CREATE FUNCTION cd.unmerge_patients(p_alias uuid, p_reason text, p_theirs uuid[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
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
END $$;
CREATE FUNCTION cd.books_the_survivor() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN   -- a new promise goes to the record that lives on
  IF NEW.rescheduled_from_id IS NULL THEN NEW.patient_id := coalesce((SELECT merged_into FROM patients WHERE user_id = NEW.patient_id), NEW.patient_id); END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER a_survivor BEFORE INSERT ON appointments FOR EACH ROW EXECUTE FUNCTION cd.books_the_survivor();

-- search: how a name sounds, so that h, doubled letters and vowels may be missing or wrong -------------------------------
CREATE FUNCTION cd.sounds(folded text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT SET search_path = pg_catalog AS $$
  -- plain replacements: a regular expression with a back reference took ten times as long a row
  SELECT array_remove(string_to_array(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(regexp_replace(regexp_replace(regexp_replace(translate(replace(replace(replace(replace(replace(replace(replace(folded, 'ph', 'f'), 'gb', 'b'), 'kp', 'p'), 'sh', 's'), 'ch', 's'), 'ts', 's'), 'gh', 'g'), 'cqzvjxhwy', 'kksfgs'), '[^a-z]+', ' ', 'g'), '\m[eiou]', 'a', 'g'), '\Y[aeiou]', '', 'g'), 'bb', 'b'), 'dd', 'd'), 'ff', 'f'), 'gg', 'g'), 'kk', 'k'), 'll', 'l'), 'mm', 'm'), 'nn', 'n'), 'pp', 'p'), 'rr', 'r'), 'ss', 's'), 'tt', 't'), ' '), '') $$;
ALTER TABLE user_profiles ADD COLUMN sounds text[] GENERATED ALWAYS AS (cd.sounds(cd.fold(last_name || ' ' || first_name))) STORED;
CREATE INDEX idx_user_profiles_sounds ON user_profiles USING gin (sounds);
-- letters and numbers in one box: names in any order, birth year, phone tail; the nearest when nothing fits
CREATE OR REPLACE FUNCTION cd.search_patients(q text, lim int DEFAULT 30)
RETURNS TABLE(id uuid, mrn text, first_name text, last_name text, date_of_birth date, gender text, phone text, restricted boolean, score real)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET pg_trgm.similarity_threshold = 0.3 SET pg_trgm.word_similarity_threshold = 0.5 AS $$
DECLARE mine uuid[] := cd.my_clinics(); f text := btrim(regexp_replace(cd.fold(left(q, 80)), '[\s%_\\.,;]+', ' ', 'g')); top int := least(greatest(lim, 1), 100);
  bare text := translate(substr(regexp_replace(f, '[^a-z0-9]', '', 'g'), 3), 'oil', '011'); digits text := regexp_replace(f, '\D', '', 'g');
  words text[]; nums text[]; names text; longest text; keys text[]; hits uuid[] := '{}'; more uuid[]; best real;
BEGIN
  IF f = '' THEN RETURN; END IF;
  IF f ~ '^cd[ -]*[0-9oil][0-9oil -]*$' AND f ~ '[0-9]' THEN
    hits := ARRAY(SELECT p.user_id FROM patients p WHERE p.mrn LIKE 'CD' || bare || '%' ORDER BY p.mrn LIMIT top);
    IF hits = '{}' AND length(bare) >= 6 THEN hits := ARRAY(SELECT p.user_id FROM patients p WHERE p.mrn % ('CD' || bare) ORDER BY similarity(p.mrn, 'CD' || bare) DESC, p.mrn LIMIT 10); END IF;
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
  hits := ARRAY(SELECT DISTINCT coalesce(p.merged_into, p.user_id) FROM patients p WHERE p.user_id = ANY (hits));
  RETURN QUERY
    SELECT p.user_id, p.mrn::text, u.first_name::text, u.last_name::text, u.date_of_birth, u.gender::text,
           coalesce((SELECT c.value FROM contact_points c WHERE c.user_id = p.user_id AND c.kind = 'phone' ORDER BY c.value LIMIT 1), '')::text, p.restricted,
           CASE WHEN names IS NULL THEN greatest(similarity(p.mrn, 'CD' || bare), (SELECT max(similarity(c.value, ltrim(digits, '0'))) FROM contact_points c WHERE c.user_id = p.user_id AND c.kind = 'phone'))
                ELSE greatest(similarity(u.search, names), word_similarity(names, u.search)) + CASE WHEN nums <> '{}' AND (extract(year FROM u.date_of_birth)::text = ANY (nums)
                  OR EXISTS (SELECT 1 FROM contact_points c, unnest(nums) n WHERE c.user_id = p.user_id AND c.value LIKE '%' || ltrim(n, '0'))) THEN 0.5 ELSE 0 END::real END AS s
      FROM patients p JOIN user_profiles u ON u.user_id = p.user_id
     WHERE p.user_id = ANY (hits) AND p.merged_into IS NULL
       AND EXISTS (SELECT 1 FROM patient_clinics pc WHERE pc.patient_id = p.user_id AND pc.clinic_id = ANY (mine))
     ORDER BY s DESC, u.last_name, u.first_name, p.mrn LIMIT top;
END $$;
