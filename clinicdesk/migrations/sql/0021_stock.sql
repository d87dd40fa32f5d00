-- What the pharmacist asks the prescriber, suppliers out of use, a part of a delivery in quarantine, settings of the stock.

-- a question about a signed prescription (spec 4.10): while it is open nothing of the prescription is handed out
CREATE TABLE rx_queries(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), prescription_id uuid NOT NULL REFERENCES prescriptions(id),
  asked_by uuid NOT NULL REFERENCES users(id), asked_at timestamptz NOT NULL DEFAULT clock_timestamp(), question varchar(500) NOT NULL CHECK (length(btrim(question)) >= 5),
  closed_by uuid REFERENCES users(id), closed_at timestamptz, answer varchar(500) NOT NULL DEFAULT '', by_prescriber boolean NOT NULL DEFAULT false, request_id uuid NOT NULL UNIQUE,
  CHECK ((closed_by IS NULL) = (closed_at IS NULL) AND (closed_at IS NULL) = (answer = '')));
CREATE UNIQUE INDEX rx_queries_one_open ON rx_queries (prescription_id) WHERE closed_at IS NULL;
CREATE INDEX idx_rx_queries_prescription ON rx_queries (prescription_id, asked_at);
ALTER TABLE rx_queries ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON rx_queries TO cd_staff USING (clinic_id = ANY ((SELECT cd.my_clinics())::uuid[]));
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON rx_queries FOR EACH ROW EXECUTE FUNCTION cd.audit();
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE ON rx_queries FOR EACH ROW EXECUTE FUNCTION cd.feed('prescriptions', 'prescription_id');
CREATE FUNCTION cd.rx_query_kept() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN   -- a question is closed once and never changed or taken away
  IF TG_OP = 'DELETE' OR OLD.closed_at IS NOT NULL OR to_jsonb(NEW) - '{closed_by,closed_at,answer,by_prescriber}'::text[] <> to_jsonb(OLD) - '{closed_by,closed_at,answer,by_prescriber}'::text[] THEN
    RAISE EXCEPTION 'questions are kept' USING ERRCODE = 'CD046'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON rx_queries FOR EACH ROW EXECUTE FUNCTION cd.rx_query_kept();
CREATE FUNCTION cd.rx_ask(p_request uuid, p_prescription uuid, p_question text) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE p prescriptions; made uuid;
BEGIN
  SELECT * INTO p FROM prescriptions WHERE id = p_prescription FOR UPDATE;
  PERFORM cd.require_clinic(p.clinic_id);
  SELECT id INTO made FROM rx_queries WHERE request_id = p_request AND prescription_id = p.id;
  IF made IS NOT NULL THEN RETURN made; END IF;                                                        -- the same press twice
  IF p.status <> 'active' OR p.digital_signature_hash IS NULL THEN RAISE EXCEPTION 'closed' USING ERRCODE = 'CD046'; END IF;
  IF length(btrim(coalesce(p_question, ''))) < 5 THEN RAISE EXCEPTION 'question' USING ERRCODE = 'CD140'; END IF;
  IF EXISTS (SELECT 1 FROM rx_queries WHERE prescription_id = p.id AND closed_at IS NULL) THEN RAISE EXCEPTION 'asked already' USING ERRCODE = 'CD141'; END IF;
  INSERT INTO rx_queries(clinic_id, prescription_id, asked_by, question, request_id) VALUES (p.clinic_id, p.id, cd.me(), left(btrim(p_question), 500), p_request) RETURNING id INTO made;
  RETURN made;
END $$;
-- the prescriber answers; whoever asked in the pharmacy may write down what was said on the phone
CREATE FUNCTION cd.rx_answer(p_query uuid, p_answer text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE q rx_queries; mine boolean;
BEGIN
  SELECT * INTO q FROM rx_queries WHERE id = p_query FOR UPDATE;
  PERFORM cd.require_clinic(q.clinic_id);
  SELECT coalesce(p.doctor_id = cd.my_doctor(), false) INTO mine FROM prescriptions p WHERE p.id = q.prescription_id;
  IF NOT mine AND NOT cd.may('stock.dispense') THEN RAISE EXCEPTION 'the prescriber answers' USING ERRCODE = '42501'; END IF;
  IF q.closed_at IS NOT NULL THEN
    IF q.closed_by = cd.me() AND q.answer = left(btrim(p_answer), 500) THEN RETURN; END IF;
    RAISE EXCEPTION 'answered already' USING ERRCODE = 'CD142'; END IF;
  IF length(btrim(coalesce(p_answer, ''))) < 2 THEN RAISE EXCEPTION 'answer' USING ERRCODE = 'CD143'; END IF;
  UPDATE rx_queries SET closed_by = cd.me(), closed_at = clock_timestamp(), answer = left(btrim(p_answer), 500), by_prescriber = mine WHERE id = q.id;
END $$;
CREATE FUNCTION cd.no_open_query() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM rx_queries WHERE prescription_id = NEW.prescription_id AND closed_at IS NULL) THEN RAISE EXCEPTION 'a question is open' USING ERRCODE = 'CD144'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER b_no_open_query BEFORE INSERT ON dispenses FOR EACH ROW WHEN (NEW.kind = 'supply') EXECUTE FUNCTION cd.no_open_query();

-- suppliers go out of use and come back; what they delivered stays
CREATE FUNCTION cd.retire_supplier(p_supplier uuid, p_active boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE s suppliers;
BEGIN
  SELECT * INTO s FROM suppliers WHERE id = p_supplier FOR UPDATE;
  PERFORM cd.require_clinic(s.clinic_id);
  IF NOT p_active AND EXISTS (SELECT 1 FROM purchase_orders WHERE supplier_id = s.id AND status IN ('draft','sent')) THEN RAISE EXCEPTION 'orders are open' USING ERRCODE = 'CD145'; END IF;
  UPDATE suppliers SET is_active = p_active WHERE id = s.id AND is_active <> p_active;
END $$;

-- what is set for the stock
ALTER TABLE clinic_settings
  ADD CONSTRAINT clinic_settings_stock_flags CHECK (key <> 'expiry_covers_treatment' OR jsonb_typeof(value) = 'boolean') NOT VALID,
  ADD CONSTRAINT clinic_settings_stock_numbers CHECK (key NOT IN ('stocktake_reason_value','stock_two_person_value','stock_markup_percent') OR jsonb_typeof(value) = 'number' AND (value #>> '{}')::numeric >= 0) NOT VALID;

-- deliveries: good lines first, then what goes to quarantine
CREATE OR REPLACE FUNCTION cd.receive_batch(p_request uuid, p jsonb) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE b inventory_items; item uuid; clinic uuid := (p ->> 'clinic_id')::uuid; q int := (p ->> 'quantity')::int; x date := (p ->> 'expiry_date')::date; lot text := btrim(coalesce(p ->> 'batch_number', ''));
BEGIN   -- spec 5.1, 5.2: one row a batch; the same batch number with another expiry is refused
  PERFORM cd.require_clinic(clinic);
  -- two first deliveries of one new batch, or one delivery sent twice at once, come one after the other
  PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws('/', clinic, p ->> 'item_code', lot), 1));
  SELECT inventory_item_id INTO item FROM stock_movements WHERE reference_id = p_request AND reference_type = 'purchase' AND clinic_id = clinic;
  IF item IS NOT NULL THEN RETURN item; END IF;
  IF p_request IS NULL OR q IS NULL OR q <= 0 OR lot = '' THEN RAISE EXCEPTION 'quantity and batch' USING ERRCODE = 'CD033'; END IF;
  -- a part that is not as it should be never joins the good part of its lot: it is a row of its own (spec 5.2)
  IF p ->> 'state' = 'quarantine' AND EXISTS (SELECT 1 FROM inventory_items i WHERE i.clinic_id = clinic AND i.item_code = p ->> 'item_code' AND i.batch_number = lot) THEN
    PERFORM 1 FROM inventory_items i WHERE i.clinic_id = clinic AND i.item_code = p ->> 'item_code' AND i.batch_number = lot AND i.expiry_date IS DISTINCT FROM x;
    IF FOUND THEN RAISE EXCEPTION 'batch has another expiry' USING ERRCODE = 'CD035'; END IF;
    PERFORM 1 FROM inventory_items i WHERE i.clinic_id = clinic AND i.item_code = p ->> 'item_code' AND i.batch_number = lot AND i.state <> 'quarantine';
    IF FOUND THEN lot := left(lot, 87) || ' (quarantine)'; END IF;
  END IF;
  IF x IS NULL OR x <= cd.clinic_day(clinic) THEN RAISE EXCEPTION 'expired on receipt' USING ERRCODE = 'CD034'; END IF;
  SELECT * INTO b FROM inventory_items i WHERE i.clinic_id = clinic AND i.item_code = p ->> 'item_code' AND i.batch_number = lot ORDER BY i.is_active DESC, i.id LIMIT 1 FOR UPDATE;
  IF FOUND AND b.expiry_date IS DISTINCT FROM x THEN RAISE EXCEPTION 'batch has another expiry' USING ERRCODE = 'CD035'; END IF;
  IF NOT FOUND THEN
    INSERT INTO inventory_items(clinic_id, medication_id, item_name, item_code, category, unit_of_measure, minimum_stock, maximum_stock, unit_cost, selling_price, supplier_name,
        supplier_contact, expiry_date, batch_number, strength, form, location, state)
      SELECT clinic, o.medication_id, o.item_name, o.item_code, o.category, o.unit_of_measure, o.minimum_stock, o.maximum_stock, coalesce((p ->> 'unit_cost')::numeric, o.unit_cost),
        coalesce((p ->> 'selling_price')::numeric, o.selling_price), coalesce(nullif(p ->> 'supplier_name', ''), o.supplier_name), o.supplier_contact, x, lot, o.strength, o.form,
        o.location, CASE WHEN p ->> 'state' = 'quarantine' THEN 'quarantine' ELSE 'saleable' END
      FROM inventory_items o WHERE o.clinic_id = clinic AND o.item_code = p ->> 'item_code' AND coalesce(o.batch_number, '') NOT LIKE '% (returned)' AND coalesce(o.batch_number, '') NOT LIKE '% (quarantine)' ORDER BY o.received_date DESC, o.created_at DESC LIMIT 1 RETURNING * INTO b;
    IF b.id IS NULL THEN RAISE EXCEPTION 'no such product' USING ERRCODE = 'CD032'; END IF;
  ELSIF NOT b.is_active THEN UPDATE inventory_items SET is_active = true, updated_at = now() WHERE id = b.id; END IF;
  INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, unit_cost, reference_type, reference_id, notes) VALUES (b.id, 'in', q, (p ->> 'unit_cost')::numeric, 'purchase', p_request, p ->> 'notes');
  RETURN b.id;
END $$;
CREATE OR REPLACE FUNCTION cd.receive_delivery(p_request uuid, p jsonb) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE clinic uuid := (p ->> 'clinic_id')::uuid; made uuid; l jsonb; item uuid; o purchase_orders;
BEGIN
  PERFORM cd.require_clinic(clinic);
  SELECT id INTO made FROM deliveries WHERE request_id = p_request AND clinic_id = clinic;
  IF made IS NOT NULL THEN RETURN made; END IF;
  IF jsonb_array_length(p -> 'lines') IS NULL OR jsonb_array_length(p -> 'lines') = 0 THEN RAISE EXCEPTION 'lines' USING ERRCODE = 'CD033'; END IF;
  IF p ->> 'order_id' IS NOT NULL THEN
    SELECT * INTO o FROM purchase_orders WHERE id = (p ->> 'order_id')::uuid AND clinic_id = clinic FOR UPDATE;
    IF NOT FOUND OR o.status NOT IN ('draft','sent') THEN RAISE EXCEPTION 'order is closed' USING ERRCODE = 'CD096'; END IF;
    IF EXISTS (SELECT 1 FROM jsonb_array_elements(p -> 'lines') x WHERE x ->> 'order_line' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM purchase_order_lines n WHERE n.id = (x ->> 'order_line')::uuid AND n.order_id = o.id)) THEN
      RAISE EXCEPTION 'line of another order' USING ERRCODE = 'CD032'; END IF;
  ELSIF EXISTS (SELECT 1 FROM jsonb_array_elements(p -> 'lines') x WHERE x ->> 'order_line' IS NOT NULL) THEN RAISE EXCEPTION 'line without order' USING ERRCODE = 'CD032'; END IF;
  INSERT INTO deliveries(clinic_id, order_id, supplier_name, invoice_number, received_by, request_id)
    VALUES (clinic, o.id, coalesce(p ->> 'supplier_name', ''), coalesce(btrim(p ->> 'invoice_number'), ''), cd.me(), p_request) RETURNING id INTO made;
  -- the same order of locks for everybody: names of batches, then rows by id
  PERFORM pg_advisory_xact_lock(k) FROM (SELECT DISTINCT hashtextextended(concat_ws('/', clinic, x ->> 'item_code', btrim(coalesce(x ->> 'batch_number', ''))), 1) k FROM jsonb_array_elements(p -> 'lines') x ORDER BY 1) s;
  PERFORM 1 FROM inventory_items i WHERE i.clinic_id = clinic AND (i.item_code, i.batch_number) IN (SELECT x ->> 'item_code', n FROM jsonb_array_elements(p -> 'lines') x CROSS JOIN LATERAL (VALUES (btrim(coalesce(x ->> 'batch_number', ''))), (left(btrim(coalesce(x ->> 'batch_number', '')), 87) || ' (quarantine)')) b(n)) ORDER BY i.id FOR UPDATE;
  FOR l IN SELECT x FROM jsonb_array_elements(p -> 'lines') WITH ORDINALITY AS t(x, n) ORDER BY coalesce(x ->> 'state', '') = 'quarantine', n LOOP
    item := cd.receive_batch((l ->> 'id')::uuid, l || jsonb_build_object('clinic_id', clinic, 'supplier_name', p ->> 'supplier_name', 'notes', nullif(p ->> 'invoice_number', '')));
    INSERT INTO delivery_lines(id, delivery_id, order_line_id, inventory_item_id, quantity, unit_cost, serial)
      VALUES ((l ->> 'id')::uuid, made, (l ->> 'order_line')::uuid, item, (l ->> 'quantity')::int, (l ->> 'unit_cost')::numeric, left(coalesce(l ->> 'serial', ''), 20));
    IF l ->> 'gtin' ~ '^\d{14}$' THEN INSERT INTO product_codes VALUES (clinic, l ->> 'gtin', l ->> 'item_code') ON CONFLICT DO NOTHING; END IF;
  END LOOP;
  IF o.id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM purchase_order_lines n WHERE n.order_id = o.id AND n.quantity > coalesce((SELECT sum(r.quantity) FROM delivery_lines r WHERE r.order_line_id = n.id), 0)) THEN
    UPDATE purchase_orders SET status = 'closed' WHERE id = o.id; END IF;
  RETURN made;
END $$;
