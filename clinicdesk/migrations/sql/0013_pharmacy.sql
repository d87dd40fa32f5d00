-- Pharmacy and stock (spec 4.10, 5): hand-picked batches, returns, witnesses, deliveries against orders, counts while
-- selling goes on, recalls, transfers, imports. The ledger stays the truth: every path below writes movements.

CREATE INDEX idx_stock_movements_reference ON stock_movements (reference_id) WHERE reference_type <> 'sale';
ALTER TABLE inventory_items ADD COLUMN import_id uuid;
CREATE INDEX idx_inventory_items_import ON inventory_items (import_id) WHERE import_id IS NOT NULL;

-- a supply, and what takes it back: always a new line (spec 4.10) ------------------------------------------------
ALTER TABLE dispenses
  ADD COLUMN kind varchar(8) NOT NULL DEFAULT 'supply', ADD COLUMN reverses uuid REFERENCES dispenses(id),
  ADD COLUMN reason varchar(40) NOT NULL DEFAULT '', ADD COLUMN note varchar(300) NOT NULL DEFAULT '',
  ADD COLUMN witness_id uuid REFERENCES users(id), ADD COLUMN collector varchar(200) NOT NULL DEFAULT '',
  DROP CONSTRAINT dispenses_quantity_check,
  ADD CONSTRAINT dispenses_signs CHECK ((kind = 'supply' AND quantity > 0 AND reverses IS NULL)
    OR (kind IN ('return','reversal') AND quantity < 0 AND reverses IS NOT NULL));
CREATE INDEX idx_dispenses_reverses ON dispenses (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX idx_payments_prescription ON payments (prescription_id) WHERE prescription_id IS NOT NULL;
CREATE OR REPLACE FUNCTION cd.dispense_counts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN   -- never beyond the prescribed quantity; a return does not raise what is owed, a reversal takes the line back (spec 4.10)
  IF NEW.kind <> 'return' THEN UPDATE prescription_items SET supplied = supplied + NEW.quantity WHERE id = NEW.prescription_item_id; END IF;
  RETURN NULL;
END $$;
-- 'completed' means fully supplied: when a supply is taken back, it is not
CREATE FUNCTION cd.rx_reopened() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF to_jsonb(NEW) - 'status' <> to_jsonb(OLD) - 'status' OR NOT EXISTS (SELECT 1 FROM prescription_items i WHERE i.prescription_id = OLD.id AND i.supplied < coalesce(i.quantity, 0)) THEN
    RAISE EXCEPTION 'closed prescription' USING ERRCODE = 'CD046'; END IF;
  NEW.row_version := OLD.row_version + 1; NEW.updated_at := now();
  RETURN NEW;
END $$;
DROP TRIGGER frozen ON prescriptions;
CREATE TRIGGER frozen BEFORE UPDATE ON prescriptions FOR EACH ROW WHEN (NOT (OLD.status = 'completed' AND NEW.status = 'active')) EXECUTE FUNCTION cd.rx_frozen();
CREATE TRIGGER frozen_delete BEFORE DELETE ON prescriptions FOR EACH ROW EXECUTE FUNCTION cd.rx_frozen();
CREATE TRIGGER reopened BEFORE UPDATE ON prescriptions FOR EACH ROW WHEN (OLD.status = 'completed' AND NEW.status = 'active') EXECUTE FUNCTION cd.rx_reopened();

-- whoever inserts: expired or blocked stock never leaves as a sale, good stock never as expired (spec 5.1, 5.3) --
CREATE OR REPLACE FUNCTION cd.stock_apply() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE b record;
BEGIN
  IF cd.is_staff_session() THEN NEW.performed_by := cd.me(); NEW.created_at := clock_timestamp(); END IF;
  UPDATE inventory_items SET current_stock = coalesce(current_stock, 0) + CASE NEW.movement_type WHEN 'out' THEN -NEW.quantity ELSE NEW.quantity END, updated_at = now()
    WHERE id = NEW.inventory_item_id RETURNING current_stock, clinic_id, state, expiry_date INTO b;
  NEW.balance := b.current_stock; NEW.clinic_id := b.clinic_id;
  IF NEW.movement_type = 'out' AND b.expiry_date IS NOT NULL OR b.state <> 'saleable' THEN
    IF NEW.reference_type = 'sale' AND (b.state <> 'saleable' OR b.expiry_date < (NEW.created_at AT TIME ZONE (SELECT timezone FROM clinics WHERE id = b.clinic_id))::date) THEN
      RAISE EXCEPTION 'expired or blocked stock is not sold' USING ERRCODE = 'CD036'; END IF;
    IF NEW.reference_type = 'expired' AND b.state = 'saleable' AND b.expiry_date >= (NEW.created_at AT TIME ZONE (SELECT timezone FROM clinics WHERE id = b.clinic_id))::date THEN
      RAISE EXCEPTION 'not expired' USING ERRCODE = 'CD037'; END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE FUNCTION cd.clinic_day(p_clinic uuid) RETURNS date LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT (clock_timestamp() AT TIME ZONE timezone)::date FROM clinics WHERE id = p_clinic $$;
CREATE FUNCTION cd.stock_setting(p_clinic uuid, p_key text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT value #>> '{}' FROM clinic_settings WHERE clinic_id = p_clinic AND key = p_key $$;

-- the second person (spec 5.6): signs in with the own password and says yes to one act ---------------------------
CREATE TABLE stock_witnesses(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), user_id uuid NOT NULL REFERENCES users(id),
  request_id uuid NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp(), UNIQUE (request_id, user_id));
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stock_witnesses FOR EACH STATEMENT EXECUTE FUNCTION cd.append_only();
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON stock_witnesses FOR EACH ROW EXECUTE FUNCTION cd.audit();
CREATE FUNCTION cd.witness_stock(p_clinic uuid, p_request uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  IF p_request IS NULL OR NOT EXISTS (SELECT 1 FROM staff_duties WHERE user_id = cd.me() AND clinic_id = p_clinic AND duty = 'witness') THEN
    RAISE EXCEPTION 'no witness' USING ERRCODE = 'CD091'; END IF;
  INSERT INTO stock_witnesses(clinic_id, user_id, request_id) VALUES (p_clinic, cd.me(), p_request) ON CONFLICT DO NOTHING;
END $$;
CREATE FUNCTION cd.witness_of(p_clinic uuid, p_request uuid) RETURNS uuid LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE w uuid;
BEGIN
  SELECT user_id INTO w FROM stock_witnesses WHERE request_id = p_request AND clinic_id = p_clinic AND user_id <> cd.me() AND at > clock_timestamp() - interval '10 minutes' ORDER BY at LIMIT 1;
  IF w IS NULL THEN RAISE EXCEPTION 'witness missing' USING ERRCODE = 'CD090'; END IF;
  RETURN w;
END $$;
CREATE TABLE controlled_checks(      -- the balance as it was counted; a difference is an incident until acknowledged
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), medication_id uuid NOT NULL REFERENCES medications(id),
  strength varchar(60) NOT NULL, form varchar(60) NOT NULL, counted integer NOT NULL CHECK (counted >= 0), expected integer NOT NULL, after_seq bigint NOT NULL,
  checked_by uuid NOT NULL REFERENCES users(id), witness_id uuid NOT NULL REFERENCES users(id), at timestamptz NOT NULL DEFAULT clock_timestamp(), note varchar(300) NOT NULL DEFAULT '',
  request_id uuid NOT NULL UNIQUE, acknowledged_by uuid REFERENCES users(id), acknowledged_at timestamptz, acknowledged_note varchar(300) NOT NULL DEFAULT '');
CREATE INDEX idx_controlled_checks ON controlled_checks (clinic_id, medication_id, strength, form, at);
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON controlled_checks FOR EACH ROW EXECUTE FUNCTION cd.audit();
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE ON controlled_checks FOR EACH ROW EXECUTE FUNCTION cd.feed('stock', 'id');
CREATE FUNCTION cd.check_controlled(p_request uuid, p_clinic uuid, p_medication uuid, p_strength text, p_form text, p_counted int, p_note text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE w uuid; e int; s bigint;
BEGIN   -- answers the difference: counted minus the ledger's balance
  PERFORM cd.require_clinic(p_clinic);
  SELECT counted - expected INTO e FROM controlled_checks WHERE request_id = p_request AND clinic_id = p_clinic;
  IF FOUND THEN RETURN e; END IF;
  IF p_counted IS NULL OR p_counted < 0 THEN RAISE EXCEPTION 'count' USING ERRCODE = 'CD094'; END IF;
  IF NOT EXISTS (SELECT 1 FROM medications WHERE id = p_medication AND is_controlled_substance) THEN RAISE EXCEPTION 'not controlled' USING ERRCODE = 'CD032'; END IF;
  w := cd.witness_of(p_clinic, p_request);
  PERFORM 1 FROM inventory_items WHERE clinic_id = p_clinic AND medication_id = p_medication AND strength = p_strength AND form = p_form ORDER BY id FOR UPDATE;
  SELECT coalesce(sum(current_stock), 0) INTO e FROM inventory_items WHERE clinic_id = p_clinic AND medication_id = p_medication AND strength = p_strength AND form = p_form;
  SELECT coalesce(max(m.seq), 0) INTO s FROM inventory_items b CROSS JOIN LATERAL (SELECT x.seq FROM stock_movements x WHERE x.inventory_item_id = b.id ORDER BY x.seq DESC LIMIT 1) m
    WHERE b.clinic_id = p_clinic AND b.medication_id = p_medication AND b.strength = p_strength AND b.form = p_form;
  INSERT INTO controlled_checks(clinic_id, medication_id, strength, form, counted, expected, after_seq, checked_by, witness_id, note, request_id)
    VALUES (p_clinic, p_medication, p_strength, p_form, p_counted, e, s, cd.me(), w, coalesce(p_note, ''), p_request);
  RETURN p_counted - e;
END $$;
CREATE FUNCTION cd.acknowledge_check(p_check uuid, p_note text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE c controlled_checks;
BEGIN
  SELECT * INTO c FROM controlled_checks WHERE id = p_check FOR UPDATE;
  PERFORM cd.require_clinic(c.clinic_id);
  IF length(btrim(coalesce(p_note, ''))) < 10 THEN RAISE EXCEPTION 'note' USING ERRCODE = 'CD025'; END IF;
  IF c.acknowledged_at IS NULL THEN UPDATE controlled_checks SET acknowledged_by = cd.me(), acknowledged_at = clock_timestamp(), acknowledged_note = p_note WHERE id = p_check; END IF;
END $$;
CREATE FUNCTION cd.is_controlled(p_medication uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce((SELECT is_controlled_substance FROM medications WHERE id = p_medication), false) $$;

-- picking (spec 5.3): lines [{"item", "qty", "batch"?, "reason"?}]; a hand-picked batch goes first, the rest follows by
-- expiry. ``p_only``: nothing but these batches, which the caller has locked. One pass; two lines share a shelf.
CREATE FUNCTION cd.pick_from(p_prescription uuid, p_lines jsonb, p_only uuid[])
RETURNS TABLE(prescription_item_id uuid, inventory_item_id uuid, quantity int, unit_price numeric, short int, reason text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE w record; b record; need int; free int; used jsonb := '{}'; covers boolean; taken boolean;
BEGIN
  FOR w IN SELECT i.id, i.medication_id, i.strength, i.form, p.clinic_id, coalesce(i.duration_days, 0) days, l.qty, l.batch, l.why, cd.clinic_day(p.clinic_id) today
      FROM (SELECT (x ->> 'item')::uuid item, sum((x ->> 'qty')::int)::int qty, (max(x ->> 'batch'))::uuid batch, left(max(x ->> 'reason'), 40) why FROM jsonb_array_elements(p_lines) x GROUP BY 1) l
      JOIN prescription_items i ON i.id = l.item AND i.prescription_id = p_prescription JOIN prescriptions p ON p.id = i.prescription_id
      WHERE p.clinic_id = ANY (cd.my_clinics()) ORDER BY i.id LOOP
    covers := coalesce(covers, coalesce(cd.stock_setting(w.clinic_id, 'expiry_covers_treatment'), 'true') <> 'false');
    need := w.qty; taken := false;
    FOR b IN SELECT x.id, x.current_stock, x.selling_price FROM inventory_items x
        WHERE x.clinic_id = w.clinic_id AND x.medication_id = w.medication_id AND x.strength = w.strength AND x.form = w.form AND x.state = 'saleable' AND x.is_active AND x.current_stock > 0
          AND (x.expiry_date IS NULL OR x.expiry_date > w.today + CASE WHEN covers THEN w.days ELSE 0 END) AND (p_only IS NULL OR x.id = ANY (p_only))
        ORDER BY x.id IS NOT DISTINCT FROM w.batch DESC, x.expiry_date NULLS LAST, x.received_date, x.id LOOP
      EXIT WHEN need <= 0;
      free := b.current_stock - coalesce((used ->> b.id::text)::int, 0);
      CONTINUE WHEN free <= 0;
      free := least(free, need);
      used := used || jsonb_build_object(b.id::text, coalesce((used ->> b.id::text)::int, 0) + free);
      need := need - free; taken := true;
      prescription_item_id := w.id; inventory_item_id := b.id; quantity := free; unit_price := b.selling_price; reason := CASE WHEN b.id = w.batch THEN coalesce(w.why, '') ELSE '' END;
      short := 0; RETURN NEXT;
    END LOOP;
    IF need > 0 THEN prescription_item_id := w.id; inventory_item_id := NULL; quantity := NULL; unit_price := NULL; reason := ''; short := need; RETURN NEXT; END IF;
  END LOOP;
END $$;
CREATE OR REPLACE FUNCTION cd.picks(p_prescription uuid, p_lines jsonb)
RETURNS TABLE(prescription_item_id uuid, inventory_item_id uuid, quantity int, unit_price numeric, short int)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT x.prescription_item_id, x.inventory_item_id, x.quantity, x.unit_price, x.short FROM cd.pick_from(p_prescription, p_lines, NULL) x $$;
CREATE OR REPLACE FUNCTION cd.dispense(p_request uuid, p_prescription uuid, p_lines jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE p prescriptions; k record; mv uuid; locked uuid[]; w uuid; who uuid := cd.me(); person text := coalesce(left(p_lines -> 0 ->> 'collector', 200), ''); said text := coalesce(left(p_lines -> 0 ->> 'note', 300), '');
BEGIN
  SELECT * INTO p FROM prescriptions WHERE id = p_prescription FOR UPDATE;
  IF NOT FOUND OR NOT p.clinic_id = ANY (cd.my_clinics()) THEN RAISE EXCEPTION 'no such prescription' USING ERRCODE = 'CD032'; END IF;
  IF EXISTS (SELECT 1 FROM dispenses WHERE request_id = p_request) THEN
    IF EXISTS (SELECT 1 FROM dispenses WHERE request_id = p_request AND prescription_id = p.id) THEN RETURN; END IF;                              -- the same press twice
    RAISE EXCEPTION 'request of another prescription' USING ERRCODE = 'CD033'; END IF;
  IF p.status <> 'active' OR p.digital_signature_hash IS NULL OR p.expiry_date < cd.clinic_day(p.clinic_id) THEN RAISE EXCEPTION 'closed' USING ERRCODE = 'CD046'; END IF;
  IF p.doctor_id IS NOT DISTINCT FROM cd.my_doctor() THEN RAISE EXCEPTION 'prescriber and dispenser differ' USING ERRCODE = '42501'; END IF;   -- spec 4.10
  IF jsonb_array_length(p_lines) = 0 OR EXISTS (SELECT 1 FROM jsonb_array_elements(p_lines) l LEFT JOIN prescription_items i ON i.id = (l ->> 'item')::uuid AND i.prescription_id = p.id
       WHERE i.id IS NULL OR coalesce((l ->> 'qty')::int, 0) <= 0) THEN RAISE EXCEPTION 'lines' USING ERRCODE = 'CD033'; END IF;
  IF EXISTS (SELECT 1 FROM jsonb_array_elements(p_lines) l JOIN prescription_items i ON i.id = (l ->> 'item')::uuid JOIN medications m ON m.id = i.medication_id WHERE m.is_controlled_substance) THEN
    w := cd.witness_of(p.clinic_id, p_request);                                                                                                   -- spec 5.6
    IF EXISTS (SELECT 1 FROM jsonb_array_elements(p_lines) l JOIN prescription_items i ON i.id = (l ->> 'item')::uuid JOIN controlled_checks c ON c.clinic_id = p.clinic_id
        AND c.medication_id = i.medication_id AND c.strength = i.strength AND c.form = i.form WHERE c.counted <> c.expected AND c.acknowledged_at IS NULL) THEN
      RAISE EXCEPTION 'a difference is open' USING ERRCODE = 'CD095'; END IF;
  END IF;
  -- 1: lock the batches in id order, in a statement of its own: the next one gets a snapshot newer than the lock
  locked := ARRAY(SELECT x.id FROM (SELECT b.id FROM inventory_items b WHERE b.id IN (SELECT n.id FROM prescription_items i JOIN inventory_items n ON n.clinic_id = p.clinic_id AND n.medication_id = i.medication_id
     AND n.strength = i.strength AND n.form = i.form AND n.current_stock > 0 WHERE i.prescription_id = p.id) ORDER BY b.id FOR UPDATE) x);
  -- 2: take, all or nothing
  FOR k IN SELECT * FROM cd.pick_from(p.id, p_lines, locked) LOOP
    IF k.short > 0 THEN RAISE EXCEPTION 'not enough usable stock' USING ERRCODE = 'CD030'; END IF;
    INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, reference_type, reference_id) VALUES (k.inventory_item_id, 'out', k.quantity, 'sale', p.id) RETURNING id INTO mv;
    INSERT INTO dispenses(clinic_id, prescription_id, prescription_item_id, inventory_item_id, movement_id, quantity, unit_price, dispensed_by, request_id, reason, note, witness_id, collector)
      VALUES (p.clinic_id, p.id, k.prescription_item_id, k.inventory_item_id, mv, k.quantity, k.unit_price, who, p_request, coalesce(k.reason, ''), said, w, person);
  END LOOP;
  IF EXISTS (SELECT 1 FROM jsonb_array_elements(p_lines) l WHERE l ->> 'batch' IS NOT NULL AND NOT EXISTS (SELECT 1 FROM dispenses d WHERE d.request_id = p_request AND d.inventory_item_id = (l ->> 'batch')::uuid)) THEN
    RAISE EXCEPTION 'the chosen batch cannot be used' USING ERRCODE = 'CD036'; END IF;
  UPDATE prescriptions SET status = (CASE WHEN NOT EXISTS (SELECT 1 FROM prescription_items i WHERE i.prescription_id = p.id AND i.supplied < coalesce(i.quantity, 0)) THEN 'completed' ELSE 'active' END)::prescription_status
    WHERE id = p.id;
END $$;

-- taking a supply back: 'reversal' the same day, the medicine never left, back to its batch; 'return' from the patient goes
-- to quarantine and is never sold again (spec 4.10, 5.4)
CREATE FUNCTION cd.take_back(p_request uuid, p_dispense uuid, p_kind text, p_quantity int, p_note text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE d dispenses; b inventory_items; left_ int; target uuid; mv uuid; made uuid; w uuid; tz text;
BEGIN
  SELECT * INTO d FROM dispenses WHERE id = p_dispense;
  PERFORM cd.require_clinic(d.clinic_id);
  PERFORM 1 FROM prescriptions WHERE id = d.prescription_id FOR UPDATE;
  SELECT id INTO made FROM dispenses WHERE request_id = p_request AND reverses = d.id;
  IF made IS NOT NULL THEN RETURN made; END IF;
  IF d.kind <> 'supply' OR p_kind NOT IN ('return','reversal') OR coalesce(p_quantity, 0) <= 0 THEN RAISE EXCEPTION 'quantity' USING ERRCODE = 'CD033'; END IF;
  IF length(btrim(coalesce(p_note, ''))) = 0 THEN RAISE EXCEPTION 'reason missing' USING ERRCODE = 'CD005'; END IF;
  SELECT d.quantity + coalesce(sum(quantity), 0) INTO left_ FROM dispenses WHERE reverses = d.id;
  IF p_quantity > left_ THEN RAISE EXCEPTION 'more than was supplied' USING ERRCODE = 'CD038'; END IF;
  SELECT timezone INTO tz FROM clinics WHERE id = d.clinic_id;
  IF p_kind = 'reversal' AND (d.dispensed_at AT TIME ZONE tz)::date <> cd.clinic_day(d.clinic_id) THEN RAISE EXCEPTION 'another day' USING ERRCODE = 'CD039'; END IF;
  -- one row is locked, never two: a return touches its quarantine row only
  IF p_kind = 'reversal' THEN PERFORM 1 FROM inventory_items WHERE id = d.inventory_item_id FOR UPDATE; END IF;
  SELECT * INTO b FROM inventory_items WHERE id = d.inventory_item_id;
  IF cd.is_controlled(b.medication_id) THEN w := cd.witness_of(d.clinic_id, p_request); END IF;
  target := b.id;
  IF p_kind = 'return' THEN
    PERFORM pg_advisory_xact_lock(hashtextextended('returned/' || b.id, 1));
    SELECT id INTO target FROM inventory_items WHERE clinic_id = b.clinic_id AND item_code IS NOT DISTINCT FROM b.item_code AND batch_number = left(b.batch_number, 88) || ' (returned)' AND state = 'quarantine' FOR UPDATE;
    IF target IS NULL THEN
      INSERT INTO inventory_items(clinic_id, medication_id, item_name, item_code, category, unit_of_measure, minimum_stock, maximum_stock, unit_cost, selling_price, supplier_name, expiry_date, batch_number, strength, form, location, state)
        VALUES (b.clinic_id, b.medication_id, b.item_name, b.item_code, b.category, b.unit_of_measure, b.minimum_stock, b.maximum_stock, 0, b.selling_price, b.supplier_name, b.expiry_date, left(b.batch_number, 88) || ' (returned)', b.strength, b.form, b.location, 'quarantine') RETURNING id INTO target;
    END IF;
  END IF;
  INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, reference_type, reference_id, notes)
    VALUES (target, 'adjustment', p_quantity, 'adjustment', p_request, CASE p_kind WHEN 'return' THEN 'return_from_patient' ELSE 'correction_of #' || d.movement_id END || ': ' || left(p_note, 300)) RETURNING id INTO mv;
  INSERT INTO dispenses(clinic_id, prescription_id, prescription_item_id, inventory_item_id, movement_id, quantity, unit_price, dispensed_by, request_id, kind, reverses, note, witness_id)
    VALUES (d.clinic_id, d.prescription_id, d.prescription_item_id, target, mv, -p_quantity, d.unit_price, cd.me(), p_request, p_kind, d.id, left(p_note, 300), w) RETURNING id INTO made;
  IF p_kind = 'reversal' THEN UPDATE prescriptions SET status = 'active' WHERE id = d.prescription_id AND status = 'completed'; END IF;
  RETURN made;
END $$;

-- money for what was handed out, into the same ledger as the desk (spec 1.8, 5.8) ---------------------------------
CREATE FUNCTION cd.supply_balance(p_prescription uuid) RETURNS TABLE(due numeric, paid numeric) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT coalesce((SELECT sum(d.quantity * coalesce(d.unit_price, 0)) FROM dispenses d WHERE d.prescription_id = p.id AND d.kind <> 'return'), 0),
    coalesce((SELECT sum(y.amount) FROM payments y WHERE y.prescription_id = p.id), 0)
  FROM prescriptions p WHERE p.id = p_prescription AND p.clinic_id = ANY (cd.my_clinics()) $$;
CREATE FUNCTION cd.pay_supply(p_request uuid, p_prescription uuid, p_amount numeric, p_method text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE p prescriptions; made uuid; cur char(3); y int; owed numeric;
BEGIN
  SELECT * INTO p FROM prescriptions WHERE id = p_prescription FOR UPDATE;
  PERFORM cd.require_clinic(p.clinic_id);
  SELECT id INTO made FROM payments WHERE request_id = p_request AND received_by = cd.me();
  IF made IS NOT NULL THEN RETURN made; END IF;
  IF p_method IS NULL OR p_method NOT IN ('cash','card','transfer','pos','insurance') THEN RAISE EXCEPTION 'method' USING ERRCODE = 'CD062'; END IF;
  SELECT b.due - b.paid INTO owed FROM cd.supply_balance(p.id) b;
  IF p_amount IS NULL OR p_amount <= 0 OR p_amount > owed THEN RAISE EXCEPTION 'amount' USING ERRCODE = 'CD063'; END IF;
  SELECT currency, extract(year FROM now() AT TIME ZONE timezone) INTO cur, y FROM clinics WHERE id = p.clinic_id;
  INSERT INTO payments(clinic_id, patient_id, prescription_id, kind, amount, currency, method, receipt_number, received_by, request_id)
    VALUES (p.clinic_id, p.patient_id, p.id, 'payment', round(p_amount, 2), cur, p_method, 'RC-' || y || '-' || lpad(cd.bump(p.clinic_id, 'receipt', y)::text, 6, '0'), cd.me(), p_request) RETURNING id INTO made;
  PERFORM cd.roll_up_metrics(p.clinic_id, cd.clinic_day(p.clinic_id));
  RETURN made;
END $$;
CREATE FUNCTION cd.supply_receipt(p_payment uuid) RETURNS TABLE(number text, amount numeric, currency text, method text, received_at timestamptz, prescription_id uuid) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT y.receipt_number, y.amount, y.currency, y.method, y.received_at, y.prescription_id FROM payments y WHERE y.id = p_payment AND y.prescription_id IS NOT NULL AND y.clinic_id = ANY (cd.my_clinics()) $$;

-- suppliers, codes on packs, orders, deliveries (spec 5.2, 5.7, 5.9) ---------------------------------------------
CREATE TABLE suppliers(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), name varchar(200) NOT NULL CHECK (btrim(name) <> ''), contact varchar(200) NOT NULL DEFAULT '',
  lead_days integer NOT NULL DEFAULT 14 CHECK (lead_days BETWEEN 0 AND 730), is_active boolean NOT NULL DEFAULT true);
CREATE UNIQUE INDEX suppliers_once ON suppliers (clinic_id, lower(name));
CREATE TABLE product_codes(clinic_id uuid NOT NULL REFERENCES clinics(id), gtin char(14) NOT NULL CHECK (gtin ~ '^\d{14}$'), item_code varchar(50) NOT NULL,
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), UNIQUE (clinic_id, gtin));
CREATE TABLE product_settings(     -- what holds for a product besides its batches: planning and price
  clinic_id uuid NOT NULL REFERENCES clinics(id), item_code varchar(50) NOT NULL, ved char(1) CHECK (ved IN ('V','E','D')), supplier_id uuid REFERENCES suppliers(id),
  lead_days integer CHECK (lead_days BETWEEN 0 AND 730), pack_size integer NOT NULL DEFAULT 1 CHECK (pack_size BETWEEN 1 AND 100000), markup_percent numeric(6,2) CHECK (markup_percent BETWEEN 0 AND 1000),
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), UNIQUE (clinic_id, item_code));
CREATE TABLE purchase_orders(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), number varchar(30) NOT NULL, supplier_id uuid NOT NULL REFERENCES suppliers(id),
  status varchar(10) NOT NULL DEFAULT 'draft' CHECK (status IN ('draft','sent','closed','cancelled')), note varchar(300) NOT NULL DEFAULT '', created_by uuid REFERENCES users(id),
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(), sent_at timestamptz, request_id uuid NOT NULL UNIQUE, UNIQUE (clinic_id, number));
CREATE TABLE purchase_order_lines(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), order_id uuid NOT NULL REFERENCES purchase_orders(id), line integer NOT NULL, item_code varchar(50) NOT NULL, item_name varchar(200) NOT NULL,
  quantity integer NOT NULL CONSTRAINT purchase_order_lines_quantity CHECK (quantity > 0), unit_cost numeric(10,2) CHECK (unit_cost >= 0 AND unit_cost <> 'NaN'), UNIQUE (order_id, line));
CREATE TABLE deliveries(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), order_id uuid REFERENCES purchase_orders(id), supplier_name varchar(200) NOT NULL, invoice_number varchar(60) NOT NULL DEFAULT '',
  received_by uuid REFERENCES users(id), received_at timestamptz NOT NULL DEFAULT clock_timestamp(), request_id uuid NOT NULL UNIQUE);
CREATE UNIQUE INDEX deliveries_once ON deliveries (clinic_id, lower(supplier_name), lower(invoice_number)) WHERE invoice_number <> '';
CREATE TABLE delivery_lines(       -- what is still to come is ordered minus the sum of these: computed, never stored
  id uuid PRIMARY KEY, delivery_id uuid NOT NULL REFERENCES deliveries(id), order_line_id uuid REFERENCES purchase_order_lines(id), inventory_item_id uuid NOT NULL REFERENCES inventory_items(id),
  quantity integer NOT NULL CHECK (quantity > 0), unit_cost numeric(10,2), serial varchar(20) NOT NULL DEFAULT '');
CREATE INDEX idx_delivery_lines_order ON delivery_lines (order_line_id);
CREATE INDEX idx_delivery_lines_delivery ON delivery_lines (delivery_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON deliveries FOR EACH STATEMENT EXECUTE FUNCTION cd.append_only();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON delivery_lines FOR EACH STATEMENT EXECUTE FUNCTION cd.append_only();

CREATE OR REPLACE FUNCTION cd.receive_batch(p_request uuid, p jsonb) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE b inventory_items; item uuid; clinic uuid := (p ->> 'clinic_id')::uuid; q int := (p ->> 'quantity')::int; x date := (p ->> 'expiry_date')::date; lot text := btrim(coalesce(p ->> 'batch_number', ''));
BEGIN   -- spec 5.1, 5.2: one row a batch; the same batch number with another expiry is refused
  PERFORM cd.require_clinic(clinic);
  -- two first deliveries of one new batch, or one delivery sent twice at once, come one after the other
  PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws('/', clinic, p ->> 'item_code', lot), 1));
  SELECT inventory_item_id INTO item FROM stock_movements WHERE reference_id = p_request AND reference_type = 'purchase' AND clinic_id = clinic;
  IF item IS NOT NULL THEN RETURN item; END IF;
  IF p_request IS NULL OR q IS NULL OR q <= 0 OR lot = '' THEN RAISE EXCEPTION 'quantity and batch' USING ERRCODE = 'CD033'; END IF;
  IF x IS NULL OR x <= cd.clinic_day(clinic) THEN RAISE EXCEPTION 'expired on receipt' USING ERRCODE = 'CD034'; END IF;
  SELECT * INTO b FROM inventory_items i WHERE i.clinic_id = clinic AND i.item_code = p ->> 'item_code' AND i.batch_number = lot ORDER BY i.is_active DESC, i.id LIMIT 1 FOR UPDATE;
  IF FOUND AND b.expiry_date IS DISTINCT FROM x THEN RAISE EXCEPTION 'batch has another expiry' USING ERRCODE = 'CD035'; END IF;
  IF NOT FOUND THEN
    INSERT INTO inventory_items(clinic_id, medication_id, item_name, item_code, category, unit_of_measure, minimum_stock, maximum_stock, unit_cost, selling_price, supplier_name,
        supplier_contact, expiry_date, batch_number, strength, form, location, state)
      SELECT clinic, o.medication_id, o.item_name, o.item_code, o.category, o.unit_of_measure, o.minimum_stock, o.maximum_stock, coalesce((p ->> 'unit_cost')::numeric, o.unit_cost),
        coalesce((p ->> 'selling_price')::numeric, o.selling_price), coalesce(nullif(p ->> 'supplier_name', ''), o.supplier_name), o.supplier_contact, x, lot, o.strength, o.form,
        o.location, CASE WHEN p ->> 'state' = 'quarantine' THEN 'quarantine' ELSE 'saleable' END
      FROM inventory_items o WHERE o.clinic_id = clinic AND o.item_code = p ->> 'item_code' AND coalesce(o.batch_number, '') NOT LIKE '% (returned)' ORDER BY o.received_date DESC, o.created_at DESC LIMIT 1 RETURNING * INTO b;
    IF b.id IS NULL THEN RAISE EXCEPTION 'no such product' USING ERRCODE = 'CD032'; END IF;
  ELSIF NOT b.is_active THEN UPDATE inventory_items SET is_active = true, updated_at = now() WHERE id = b.id; END IF;
  INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, unit_cost, reference_type, reference_id, notes) VALUES (b.id, 'in', q, (p ->> 'unit_cost')::numeric, 'purchase', p_request, p ->> 'notes');
  RETURN b.id;
END $$;
-- a whole delivery, all lines or nothing. p: clinic_id, supplier_name, invoice_number, order_id, lines [{id, item_code, batch_number, expiry_date, quantity, unit_cost, selling_price, order_line, serial, state}]
CREATE FUNCTION cd.receive_delivery(p_request uuid, p jsonb) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
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
  PERFORM 1 FROM inventory_items i WHERE i.clinic_id = clinic AND (i.item_code, i.batch_number) IN (SELECT x ->> 'item_code', btrim(coalesce(x ->> 'batch_number', '')) FROM jsonb_array_elements(p -> 'lines') x) ORDER BY i.id FOR UPDATE;
  FOR l IN SELECT x FROM jsonb_array_elements(p -> 'lines') WITH ORDINALITY AS t(x, n) ORDER BY n LOOP
    item := cd.receive_batch((l ->> 'id')::uuid, l || jsonb_build_object('clinic_id', clinic, 'supplier_name', p ->> 'supplier_name', 'notes', nullif(p ->> 'invoice_number', '')));
    INSERT INTO delivery_lines(id, delivery_id, order_line_id, inventory_item_id, quantity, unit_cost, serial)
      VALUES ((l ->> 'id')::uuid, made, (l ->> 'order_line')::uuid, item, (l ->> 'quantity')::int, (l ->> 'unit_cost')::numeric, left(coalesce(l ->> 'serial', ''), 20));
    IF l ->> 'gtin' ~ '^\d{14}$' THEN INSERT INTO product_codes VALUES (clinic, l ->> 'gtin', l ->> 'item_code') ON CONFLICT DO NOTHING; END IF;
  END LOOP;
  IF o.id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM purchase_order_lines n WHERE n.order_id = o.id AND n.quantity > coalesce((SELECT sum(r.quantity) FROM delivery_lines r WHERE r.order_line_id = n.id), 0)) THEN
    UPDATE purchase_orders SET status = 'closed' WHERE id = o.id; END IF;
  RETURN made;
END $$;
CREATE FUNCTION cd.save_supplier(p_clinic uuid, p_name text, p_contact text, p_lead int) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE made uuid;
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  INSERT INTO suppliers(clinic_id, name, contact, lead_days) VALUES (p_clinic, btrim(p_name), coalesce(p_contact, ''), coalesce(p_lead, 14))
    ON CONFLICT (clinic_id, lower(name)) DO UPDATE SET contact = excluded.contact, lead_days = excluded.lead_days, is_active = true RETURNING id INTO made;
  RETURN made;
END $$;
CREATE FUNCTION cd.save_product_settings(p_clinic uuid, p_code text, p jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  IF NOT EXISTS (SELECT 1 FROM inventory_items WHERE clinic_id = p_clinic AND item_code = p_code) OR p ->> 'supplier_id' IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM suppliers WHERE id = (p ->> 'supplier_id')::uuid AND clinic_id = p_clinic) THEN RAISE EXCEPTION 'no such product' USING ERRCODE = 'CD032'; END IF;
  INSERT INTO product_settings VALUES (p_clinic, p_code, p ->> 'ved', (p ->> 'supplier_id')::uuid, (p ->> 'lead_days')::int, coalesce((p ->> 'pack_size')::int, 1), (p ->> 'markup_percent')::numeric)
    ON CONFLICT (clinic_id, item_code) DO UPDATE SET ved = excluded.ved, supplier_id = excluded.supplier_id, lead_days = excluded.lead_days, pack_size = excluded.pack_size, markup_percent = excluded.markup_percent;
END $$;
CREATE FUNCTION cd.link_code(p_clinic uuid, p_gtin text, p_code text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  IF NOT EXISTS (SELECT 1 FROM inventory_items WHERE clinic_id = p_clinic AND item_code = p_code) THEN RAISE EXCEPTION 'no such product' USING ERRCODE = 'CD032'; END IF;
  INSERT INTO product_codes VALUES (p_clinic, p_gtin, p_code) ON CONFLICT (clinic_id, gtin) DO UPDATE SET item_code = excluded.item_code;
END $$;
CREATE FUNCTION cd.draft_order(p_request uuid, p_clinic uuid, p_supplier uuid, p_lines jsonb) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE made uuid; y int;
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  SELECT id INTO made FROM purchase_orders WHERE request_id = p_request AND clinic_id = p_clinic;
  IF made IS NOT NULL THEN RETURN made; END IF;
  IF NOT EXISTS (SELECT 1 FROM suppliers WHERE id = p_supplier AND clinic_id = p_clinic) THEN RAISE EXCEPTION 'no such supplier' USING ERRCODE = 'CD032'; END IF;
  IF jsonb_array_length(p_lines) IS NULL OR jsonb_array_length(p_lines) = 0 THEN RAISE EXCEPTION 'lines' USING ERRCODE = 'CD033'; END IF;
  y := extract(year FROM cd.clinic_day(p_clinic));
  INSERT INTO purchase_orders(clinic_id, number, supplier_id, created_by, request_id)
    VALUES (p_clinic, 'PO-' || y || '-' || lpad(cd.bump(p_clinic, 'order', y)::text, 5, '0'), p_supplier, cd.me(), p_request) RETURNING id INTO made;
  INSERT INTO purchase_order_lines(order_id, line, item_code, item_name, quantity, unit_cost)
    SELECT made, n, x ->> 'item_code', x ->> 'item_name', (x ->> 'quantity')::int, (x ->> 'unit_cost')::numeric FROM jsonb_array_elements(p_lines) WITH ORDINALITY AS t(x, n);
  RETURN made;
END $$;
CREATE FUNCTION cd.set_order_status(p_order uuid, p_status text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE o purchase_orders;
BEGIN
  SELECT * INTO o FROM purchase_orders WHERE id = p_order FOR UPDATE;
  PERFORM cd.require_clinic(o.clinic_id);
  IF NOT ((o.status = 'draft' AND p_status IN ('sent','cancelled')) OR (o.status = 'sent' AND p_status IN ('closed','cancelled'))) THEN RAISE EXCEPTION 'order status' USING ERRCODE = 'CD096'; END IF;
  UPDATE purchase_orders SET status = p_status, sent_at = CASE WHEN p_status = 'sent' THEN clock_timestamp() ELSE sent_at END WHERE id = p_order;
END $$;

-- corrections, waste, quarantine, recall, transfer (spec 5.1, 5.4) -----------------------------------------------
CREATE FUNCTION cd.needs_two(p_batch inventory_items, p_quantity int) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT cd.is_controlled(p_batch.medication_id) OR abs(p_quantity) * coalesce(p_batch.unit_cost, 0) > coalesce(cd.stock_setting(p_batch.clinic_id, 'stock_two_person_value')::numeric, 50000) $$;
CREATE FUNCTION cd.adjust_stock(p_request uuid, p_batch uuid, p_quantity int, p_reason text, p_note text) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE b inventory_items; mv uuid; why text := p_reason;
BEGIN   -- p_quantity as it acts on the stock; 'expired' destroys, with a witness
  SELECT * INTO b FROM inventory_items WHERE id = p_batch FOR UPDATE;
  PERFORM cd.require_clinic(b.clinic_id);
  SELECT id INTO mv FROM stock_movements WHERE reference_id = p_request AND reference_type IN ('adjustment','expired') AND inventory_item_id = b.id;
  IF mv IS NOT NULL THEN RETURN mv; END IF;
  IF p_request IS NULL OR coalesce(p_quantity, 0) = 0 THEN RAISE EXCEPTION 'quantity' USING ERRCODE = 'CD033'; END IF;
  IF p_reason IS NULL OR NOT (p_reason IN ('count_error','breakage','theft_loss','donation_in','donation_out','return_to_supplier','sample','recall','expired') OR p_reason ~ '^correction_of #[0-9a-f-]{36}$')
    OR length(btrim(coalesce(p_note, ''))) = 0 THEN RAISE EXCEPTION 'reason missing' USING ERRCODE = 'CD005'; END IF;
  IF p_reason = 'donation_in' AND p_quantity < 0 OR p_reason IN ('breakage','theft_loss','donation_out','return_to_supplier','sample','recall','expired') AND p_quantity > 0 THEN RAISE EXCEPTION 'sign' USING ERRCODE = 'CD033'; END IF;
  IF p_reason = 'expired' OR cd.needs_two(b, p_quantity) THEN why := why || ' (witness ' || (SELECT first_name || ' ' || last_name FROM user_profiles WHERE user_id = cd.witness_of(b.clinic_id, p_request)) || ')'; END IF;
  IF p_reason = 'expired' THEN
    INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, unit_cost, reference_type, reference_id, notes) VALUES (b.id, 'out', -p_quantity, b.unit_cost, 'expired', p_request, why || ': ' || left(p_note, 300)) RETURNING id INTO mv;
  ELSE
    INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, unit_cost, reference_type, reference_id, notes) VALUES (b.id, 'adjustment', p_quantity, b.unit_cost, 'adjustment', p_request, why || ': ' || left(p_note, 300)) RETURNING id INTO mv;
  END IF;
  RETURN mv;
END $$;
CREATE TABLE batch_states(id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), inventory_item_id uuid NOT NULL REFERENCES inventory_items(id),
  state varchar(12) NOT NULL, reason varchar(300) NOT NULL, set_by uuid REFERENCES users(id), at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE INDEX idx_batch_states ON batch_states (inventory_item_id, at);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON batch_states FOR EACH STATEMENT EXECUTE FUNCTION cd.append_only();
CREATE FUNCTION cd.set_batch_state(p_batch uuid, p_state text, p_reason text) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE b inventory_items; n int;
BEGIN   -- a recall holds for every row of the batch number, also for what patients brought back
  SELECT * INTO b FROM inventory_items WHERE id = p_batch;
  PERFORM cd.require_clinic(b.clinic_id);
  IF length(btrim(coalesce(p_reason, ''))) = 0 THEN RAISE EXCEPTION 'reason missing' USING ERRCODE = 'CD005'; END IF;
  IF p_state IS NULL OR p_state NOT IN ('saleable','quarantine','expired','recalled') THEN RAISE EXCEPTION 'state' USING ERRCODE = 'CD097'; END IF;
  IF p_state = 'saleable' AND b.batch_number LIKE '% (returned)' THEN RAISE EXCEPTION 'returned by a patient' USING ERRCODE = 'CD097'; END IF;   -- spec 5.4
  WITH mine AS (SELECT id FROM inventory_items i WHERE i.id = b.id OR (p_state = 'recalled' AND i.clinic_id = b.clinic_id AND i.item_code = b.item_code AND i.batch_number IN (b.batch_number, left(b.batch_number, 88) || ' (returned)')) ORDER BY id FOR UPDATE),
    done AS (UPDATE inventory_items i SET state = p_state, updated_at = now() FROM mine WHERE i.id = mine.id AND i.state <> p_state RETURNING i.id)
  INSERT INTO batch_states(clinic_id, inventory_item_id, state, reason, set_by) SELECT b.clinic_id, id, p_state, left(p_reason, 300), cd.me() FROM done;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
END $$;
CREATE FUNCTION cd.transfer_stock(p_request uuid, p_batch uuid, p_clinic uuid, p_quantity int) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE b inventory_items; t inventory_items; target uuid; here text; there text;
BEGIN   -- between clinics in both of which the person works; the batch keeps number, expiry, cost
  SELECT * INTO b FROM inventory_items WHERE id = p_batch;
  PERFORM cd.require_clinic(b.clinic_id); PERFORM cd.require_clinic(p_clinic);
  IF p_request IS NULL OR coalesce(p_quantity, 0) <= 0 OR p_clinic = b.clinic_id THEN RAISE EXCEPTION 'quantity' USING ERRCODE = 'CD033'; END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws('/', p_clinic, b.item_code, b.batch_number), 1));
  SELECT m.inventory_item_id INTO target FROM stock_movements m JOIN inventory_items i ON i.id = m.inventory_item_id WHERE m.reference_id = p_request AND m.reference_type = 'adjustment' AND i.clinic_id = p_clinic;
  IF target IS NOT NULL THEN RETURN target; END IF;
  PERFORM 1 FROM inventory_items i WHERE i.id = b.id OR (i.clinic_id = p_clinic AND i.item_code = b.item_code AND i.batch_number = b.batch_number) ORDER BY i.id FOR UPDATE;
  SELECT * INTO b FROM inventory_items WHERE id = p_batch;
  IF b.state <> 'saleable' OR b.expiry_date < cd.clinic_day(b.clinic_id) THEN RAISE EXCEPTION 'not for sale' USING ERRCODE = 'CD036'; END IF;
  IF cd.needs_two(b, p_quantity) THEN PERFORM cd.witness_of(b.clinic_id, p_request); END IF;
  SELECT * INTO t FROM inventory_items i WHERE i.clinic_id = p_clinic AND i.item_code = b.item_code AND i.batch_number = b.batch_number ORDER BY i.id LIMIT 1;
  IF FOUND AND (t.expiry_date IS DISTINCT FROM b.expiry_date OR t.state <> 'saleable') THEN RAISE EXCEPTION 'batch has another expiry' USING ERRCODE = 'CD035'; END IF;
  IF NOT FOUND THEN
    INSERT INTO inventory_items(clinic_id, medication_id, item_name, item_code, category, unit_of_measure, minimum_stock, maximum_stock, unit_cost, selling_price, supplier_name, supplier_contact, expiry_date, batch_number, strength, form, location)
      VALUES (p_clinic, b.medication_id, b.item_name, b.item_code, b.category, b.unit_of_measure, b.minimum_stock, b.maximum_stock, b.unit_cost, b.selling_price, b.supplier_name, b.supplier_contact, b.expiry_date, b.batch_number, b.strength, b.form, '') RETURNING * INTO t;
  END IF;
  SELECT name INTO here FROM clinics WHERE id = b.clinic_id; SELECT name INTO there FROM clinics WHERE id = p_clinic;
  INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, unit_cost, reference_type, reference_id, notes) VALUES (b.id, 'adjustment', -p_quantity, b.unit_cost, 'adjustment', p_request, 'transfer: to ' || there);
  INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, unit_cost, reference_type, reference_id, notes) VALUES (t.id, 'adjustment', p_quantity, b.unit_cost, 'adjustment', p_request, 'transfer: from ' || here);
  RETURN t.id;
END $$;

-- counting while selling goes on (spec 5.5): each count is compared with the ledger at its own second ------------
CREATE TABLE stocktakes(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), title varchar(100) NOT NULL, status varchar(10) NOT NULL DEFAULT 'open' CHECK (status IN ('open','approved','cancelled')),
  started_by uuid REFERENCES users(id), started_at timestamptz NOT NULL DEFAULT clock_timestamp(), closed_by uuid REFERENCES users(id), closed_at timestamptz, request_id uuid NOT NULL UNIQUE);
CREATE TABLE stocktake_counts(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), stocktake_id uuid NOT NULL REFERENCES stocktakes(id), inventory_item_id uuid NOT NULL REFERENCES inventory_items(id),
  counted integer NOT NULL CHECK (counted >= 0), expected integer NOT NULL, round integer NOT NULL, counted_by uuid REFERENCES users(id), counted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  request_id uuid NOT NULL UNIQUE, UNIQUE (stocktake_id, inventory_item_id, round));
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stocktake_counts FOR EACH STATEMENT EXECUTE FUNCTION cd.append_only();
CREATE FUNCTION cd.start_stocktake(p_request uuid, p_clinic uuid, p_title text) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE made uuid;
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  SELECT id INTO made FROM stocktakes WHERE request_id = p_request AND clinic_id = p_clinic;
  IF made IS NULL THEN INSERT INTO stocktakes(clinic_id, title, started_by, request_id) VALUES (p_clinic, left(coalesce(nullif(btrim(p_title), ''), 'Stocktake'), 100), cd.me(), p_request) RETURNING id INTO made; END IF;
  RETURN made;
END $$;
CREATE FUNCTION cd.count_batch(p_request uuid, p_stocktake uuid, p_batch uuid, p_counted int) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE s stocktakes; now_ int; r int; last stocktake_counts; med uuid;
BEGIN   -- answers the round; the difference stays unsaid until the count is over
  SELECT * INTO s FROM stocktakes WHERE id = p_stocktake FOR SHARE;
  PERFORM cd.require_clinic(s.clinic_id);
  SELECT round INTO r FROM stocktake_counts WHERE request_id = p_request;
  IF FOUND THEN RETURN r; END IF;
  IF s.status <> 'open' THEN RAISE EXCEPTION 'count is over' USING ERRCODE = 'CD093'; END IF;
  IF p_counted IS NULL OR p_counted < 0 THEN RAISE EXCEPTION 'count' USING ERRCODE = 'CD094'; END IF;
  SELECT current_stock, medication_id INTO now_, med FROM inventory_items WHERE id = p_batch AND clinic_id = s.clinic_id FOR UPDATE;      -- nothing moves between the two figures
  IF NOT FOUND THEN RAISE EXCEPTION 'no such batch' USING ERRCODE = 'CD032'; END IF;
  SELECT * INTO last FROM stocktake_counts WHERE stocktake_id = s.id AND inventory_item_id = p_batch ORDER BY round DESC LIMIT 1;
  r := coalesce(last.round, 0) + 1;
  IF r > 1 AND cd.is_controlled(med) AND last.counted_by = cd.me() THEN RAISE EXCEPTION 'another person counts' USING ERRCODE = 'CD090'; END IF;
  INSERT INTO stocktake_counts(clinic_id, stocktake_id, inventory_item_id, counted, expected, round, counted_by, request_id) VALUES (s.clinic_id, s.id, p_batch, p_counted, coalesce(now_, 0), r, cd.me(), p_request);
  RETURN r;
END $$;
CREATE FUNCTION cd.stocktake_lines(p_stocktake uuid) RETURNS TABLE(inventory_item_id uuid, item_name text, item_code text, batch_number text, location text, unit_cost numeric, counted int, expected int, rounds int, counted_at timestamptz, counted_by text, recount boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  -- a second count where the difference is over 2 percent or 5 units, and always for controlled medicines
  SELECT b.id, b.item_name, coalesce(b.item_code, ''), coalesce(b.batch_number, ''), b.location, b.unit_cost, c.counted, c.expected, c.round, c.counted_at, btrim(u.first_name || ' ' || u.last_name),
    c.round < 2 AND (abs(c.counted - c.expected) > 5 OR abs(c.counted - c.expected) * 50 > c.expected AND c.counted <> c.expected OR cd.is_controlled(b.medication_id))
  FROM (SELECT DISTINCT ON (x.inventory_item_id) x.* FROM stocktake_counts x WHERE x.stocktake_id = p_stocktake AND x.clinic_id = ANY (cd.my_clinics()) ORDER BY x.inventory_item_id, x.round DESC) c
  JOIN inventory_items b ON b.id = c.inventory_item_id LEFT JOIN user_profiles u ON u.user_id = c.counted_by ORDER BY b.location, b.item_name, b.batch_number $$;
CREATE FUNCTION cd.close_stocktake(p_stocktake uuid, p_approve boolean, p_reasons jsonb) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE s stocktakes; l record; n int := 0; why text;
BEGIN   -- p_reasons {batch: reason}; answers how many batches were corrected. Sales after a count are not lost: only its difference is booked
  SELECT * INTO s FROM stocktakes WHERE id = p_stocktake FOR UPDATE;
  PERFORM cd.require_clinic(s.clinic_id);
  IF s.status <> 'open' THEN RAISE EXCEPTION 'count is over' USING ERRCODE = 'CD093'; END IF;
  IF p_approve THEN
    PERFORM 1 FROM inventory_items b WHERE b.id IN (SELECT c.inventory_item_id FROM stocktake_counts c WHERE c.stocktake_id = s.id) ORDER BY b.id FOR UPDATE;
    FOR l IN SELECT * FROM cd.stocktake_lines(s.id) x ORDER BY x.inventory_item_id LOOP
      IF l.recount THEN RAISE EXCEPTION 'recount' USING ERRCODE = 'CD092'; END IF;
      CONTINUE WHEN l.counted = l.expected;
      why := btrim(coalesce(p_reasons ->> l.inventory_item_id::text, ''));
      IF why = '' AND abs(l.counted - l.expected) * coalesce(l.unit_cost, 0) > coalesce(cd.stock_setting(s.clinic_id, 'stocktake_reason_value')::numeric, 1000) THEN RAISE EXCEPTION 'reason missing' USING ERRCODE = 'CD005'; END IF;
      INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, unit_cost, reference_type, reference_id, notes)
        VALUES (l.inventory_item_id, 'adjustment', l.counted - l.expected, l.unit_cost, 'adjustment', s.id, 'count_error: ' || coalesce(nullif(left(why, 300), ''), s.title));
      n := n + 1;
    END LOOP;
  END IF;
  UPDATE stocktakes SET status = CASE WHEN p_approve THEN 'approved' ELSE 'cancelled' END, closed_by = cd.me(), closed_at = clock_timestamp() WHERE id = s.id;
  RETURN n;
END $$;

-- lists from elsewhere, with one step back -----------------------------------------------------------------------
CREATE TABLE stock_imports(
  id uuid PRIMARY KEY, clinic_id uuid NOT NULL REFERENCES clinics(id), file_name varchar(200) NOT NULL, rows integer NOT NULL DEFAULT 0, started_by uuid REFERENCES users(id),
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(), undone_by uuid REFERENCES users(id), undone_at timestamptz);
-- rows [{item_code, item_name, category, unit, strength, form, medication_id, batch_number, expiry_date, quantity, unit_cost, selling_price, supplier_name, location, minimum, maximum}]; answers how many were new
CREATE FUNCTION cd.import_stock(p_import uuid, p_clinic uuid, p_file text, p_rows jsonb) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE n int; day date := cd.clinic_day(p_clinic);
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  INSERT INTO stock_imports(id, clinic_id, file_name, started_by) VALUES (p_import, p_clinic, left(coalesce(p_file, ''), 200), cd.me()) ON CONFLICT DO NOTHING;
  IF NOT EXISTS (SELECT 1 FROM stock_imports WHERE id = p_import AND clinic_id = p_clinic AND undone_at IS NULL) THEN RAISE EXCEPTION 'no such import' USING ERRCODE = 'CD032'; END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('import/' || p_clinic, 1));
  WITH asked AS (SELECT DISTINCT ON (item_code, batch_number) * FROM jsonb_to_recordset(p_rows) AS x(item_code text, item_name text, category text, unit text, strength text, form text, medication_id uuid, batch_number text,
        expiry_date date, quantity int, unit_cost numeric, selling_price numeric, supplier_name text, location text, minimum int, maximum int)),
    made AS (INSERT INTO inventory_items(clinic_id, medication_id, item_name, item_code, category, unit_of_measure, minimum_stock, maximum_stock, unit_cost, selling_price, supplier_name, expiry_date, batch_number, strength, form, location, import_id)
      SELECT p_clinic, a.medication_id, a.item_name, a.item_code, a.category, a.unit, coalesce(a.minimum, 0), a.maximum, a.unit_cost, a.selling_price, a.supplier_name, a.expiry_date, a.batch_number, coalesce(a.strength, ''), coalesce(a.form, ''), coalesce(a.location, ''), p_import
      FROM asked a WHERE (a.expiry_date IS NULL OR a.expiry_date > day) AND coalesce(a.quantity, 0) >= 0
        AND NOT EXISTS (SELECT 1 FROM inventory_items i WHERE i.clinic_id = p_clinic AND i.item_code = a.item_code AND i.is_active AND coalesce(i.batch_number, '') = coalesce(a.batch_number, '')) RETURNING id, item_code, batch_number)
  INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, unit_cost, reference_type, reference_id, notes)
    SELECT m.id, 'in', a.quantity, a.unit_cost, 'purchase', p_import, 'opening stock' FROM made m JOIN asked a ON a.item_code = m.item_code AND coalesce(a.batch_number, '') = coalesce(m.batch_number, '') WHERE a.quantity > 0 ORDER BY m.id;
  SELECT count(*) INTO n FROM inventory_items WHERE import_id = p_import AND clinic_id = p_clinic;
  UPDATE stock_imports SET rows = n WHERE id = p_import;
  RETURN n;
END $$;
CREATE FUNCTION cd.undo_import(p_import uuid) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE c uuid; n int;
BEGIN   -- only while nothing of it has moved; the ledger keeps both lines
  SELECT clinic_id INTO c FROM stock_imports WHERE id = p_import AND undone_at IS NULL FOR UPDATE;
  PERFORM cd.require_clinic(c);
  PERFORM 1 FROM inventory_items WHERE import_id = p_import ORDER BY id FOR UPDATE;
  IF EXISTS (SELECT 1 FROM stock_movements m JOIN inventory_items i ON i.id = m.inventory_item_id WHERE i.import_id = p_import AND m.reference_id IS DISTINCT FROM p_import) THEN RAISE EXCEPTION 'it has moved' USING ERRCODE = 'CD098'; END IF;
  INSERT INTO stock_movements(inventory_item_id, movement_type, quantity, unit_cost, reference_type, reference_id, notes)
    SELECT m.inventory_item_id, 'adjustment', -m.quantity, m.unit_cost, 'adjustment', p_import, 'correction_of #' || m.id || ': import undone' FROM stock_movements m WHERE m.reference_id = p_import AND m.reference_type = 'purchase' ORDER BY m.inventory_item_id;
  UPDATE inventory_items SET is_active = false, updated_at = now() WHERE import_id = p_import;
  GET DIAGNOSTICS n = ROW_COUNT;
  UPDATE stock_imports SET undone_at = clock_timestamp(), undone_by = cd.me() WHERE id = p_import;
  RETURN n;
END $$;

-- clinic by clinic, audited ---------------------------------------------------------------------------------------
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['stock_witnesses','controlled_checks','suppliers','product_codes','product_settings','purchase_orders','deliveries','batch_states','stocktakes','stocktake_counts','stock_imports'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY clinic ON %I TO cd_staff USING (clinic_id = ANY ((SELECT cd.my_clinics())::uuid[]))', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['suppliers','product_codes','product_settings','purchase_orders','purchase_order_lines','deliveries','delivery_lines','batch_states','stocktakes','stocktake_counts','stock_imports'] LOOP
    EXECUTE format('CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION cd.audit()', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['suppliers','purchase_orders','deliveries','stocktakes','stock_imports'] LOOP
    EXECUTE format('CREATE TRIGGER z_feed AFTER INSERT OR UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION cd.feed(''orders'', ''id'')', t);
  END LOOP;
END $$;
ALTER TABLE purchase_order_lines ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON purchase_order_lines TO cd_staff USING (EXISTS (SELECT 1 FROM purchase_orders o WHERE o.id = purchase_order_lines.order_id));
ALTER TABLE delivery_lines ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON delivery_lines TO cd_staff USING (EXISTS (SELECT 1 FROM deliveries d WHERE d.id = delivery_lines.delivery_id));
