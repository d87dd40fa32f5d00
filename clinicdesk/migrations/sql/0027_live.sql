-- Live seats: numbers that decide what a seat missed.

CREATE OR REPLACE FUNCTION cd.tell(p_clinic uuid, p_topic text, p_row uuid, p_op text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE n bigint;
BEGIN
  INSERT INTO change_feed(clinic_id, topic, row_id, op) VALUES (p_clinic, p_topic, p_row, left(p_op, 1)::"char") RETURNING seq INTO n;
  PERFORM pg_notify('cd_' || coalesce(translate(p_clinic::text, '-', ''), 'all'), p_topic || ' ' || p_row || ' ' || coalesce(cd.seat(), '') || ' ' || n);  -- no content: anyone may LISTEN
  IF current_setting('application_name') = 'clinicdesk' THEN RAISE NOTICE USING ERRCODE = 'CD000', MESSAGE = n::text; END IF;  -- the writer's own screen needs no news of it
END $$;

-- '0' begins: only where to go on from. Numbers that were told already are left out by the seat: a long transaction keeps next_from back.
CREATE FUNCTION cd.feed_since(p_from text) RETURNS TABLE(next_from text, clock text, read_only boolean, seq bigint, topic text, row_id uuid) LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
  SELECT pg_snapshot_xmin(pg_current_snapshot())::text, to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'),
    pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean, f.seq, f.topic, f.row_id
  FROM (SELECT 1) one LEFT JOIN (SELECT c.seq, c.topic, c.row_id FROM public.change_feed c WHERE p_from <> '0' AND c.xid >= p_from::xid8) f ON true $$;

-- what screens show and was not told so far: deletions, what hangs on a row that is told, and a whole table emptied by hand
CREATE FUNCTION cd.feed_doomed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE c uuid;
BEGIN
  FOR c IN SELECT id FROM clinics LOOP PERFORM cd.tell(c, TG_ARGV[0], c, 'T'); END LOOP;
  RETURN NULL;
END $$;
CREATE FUNCTION cd.feed_through() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE r jsonb; c uuid;
BEGIN   -- arguments: topic, parent table, column that names the parent
  r := CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
  EXECUTE format('SELECT clinic_id FROM public.%I WHERE id = $1', TG_ARGV[1]) INTO c USING (r ->> TG_ARGV[2])::uuid;
  IF c IS NOT NULL THEN PERFORM cd.tell(c, TG_ARGV[0], (r ->> TG_ARGV[2])::uuid, TG_OP); END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE OR DELETE ON prescription_items FOR EACH ROW EXECUTE FUNCTION cd.feed_through('prescriptions', 'prescriptions', 'prescription_id');
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE OR DELETE ON purchase_order_lines FOR EACH ROW EXECUTE FUNCTION cd.feed_through('orders', 'purchase_orders', 'order_id');
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE OR DELETE ON user_profiles FOR EACH ROW EXECUTE FUNCTION cd.feed('patients', 'user_id');
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE OR DELETE ON contact_points FOR EACH ROW EXECUTE FUNCTION cd.feed('patients', 'user_id');
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE OR DELETE ON patient_measures FOR EACH ROW EXECUTE FUNCTION cd.feed('patients', 'patient_id');
CREATE TRIGGER z_feed_gone AFTER DELETE ON patient_allergies FOR EACH ROW EXECUTE FUNCTION cd.feed('patients', 'patient_id');
CREATE TRIGGER z_feed_gone AFTER DELETE ON patient_problems FOR EACH ROW EXECUTE FUNCTION cd.feed('patients', 'patient_id');
CREATE TRIGGER z_feed_gone AFTER DELETE ON prescriptions FOR EACH ROW EXECUTE FUNCTION cd.feed('prescriptions', 'id');
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE OR DELETE ON product_settings FOR EACH ROW EXECUTE FUNCTION cd.feed('stock', 'clinic_id');
CREATE TRIGGER z_feed AFTER INSERT ON batch_states FOR EACH ROW EXECUTE FUNCTION cd.feed('stock', 'inventory_item_id');
CREATE TRIGGER z_feed AFTER INSERT ON stocktake_counts FOR EACH ROW EXECUTE FUNCTION cd.feed('orders', 'stocktake_id');
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE OR DELETE ON medications FOR EACH STATEMENT EXECUTE FUNCTION cd.feed_doomed('setup');
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE OR DELETE ON medication_products FOR EACH STATEMENT EXECUTE FUNCTION cd.feed_doomed('setup');
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['appointments appointments','waiting_list waiting','payments payments','visits visits','prescriptions prescriptions','inventory_items stock','patients patients','arrivals arrivals'] LOOP
    EXECUTE format('CREATE TRIGGER z_feed_emptied AFTER TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION cd.feed_doomed(%L)', split_part(t, ' ', 1), split_part(t, ' ', 2));
  END LOOP;
END $$;
