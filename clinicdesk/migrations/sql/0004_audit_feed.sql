-- Audit: the trigger only inserts (no shared lock); a sealer chains finished transactions in batches.
CREATE TABLE audit_log(
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(), login_role name NOT NULL DEFAULT session_user, addr inet DEFAULT inet_client_addr(),
  seat text DEFAULT cd.seat(), clinic_id uuid, subject uuid,   -- whose row it is: a clinic's, or a person's
  tab name NOT NULL, op text NOT NULL, row_id text, old jsonb, new jsonb);
CREATE INDEX idx_audit_log_xid ON audit_log (xid, id);
CREATE INDEX idx_audit_log_row ON audit_log (tab, row_id);
CREATE TABLE audit_seals(no bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
  from_xid xid8 NOT NULL, to_xid xid8 NOT NULL, rows bigint NOT NULL, prev bytea NOT NULL, hash bytea NOT NULL);
INSERT INTO audit_seals VALUES (0, now(), '0', pg_snapshot_xmin(pg_current_snapshot()), 0, '', sha256(convert_to(gen_random_uuid()::text, 'UTF8')));
CREATE FUNCTION cd.audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE o jsonb; n jsonb; changed jsonb; key text := coalesce(TG_ARGV[0], 'id'); r jsonb; c uuid; s uuid;
BEGIN
  IF TG_OP <> 'INSERT' THEN o := to_jsonb(OLD); END IF;
  IF TG_OP <> 'DELETE' THEN n := to_jsonb(NEW); END IF;
  r := coalesce(n, o);
  c := (CASE TG_TABLE_NAME WHEN 'clinics' THEN r ->> 'id' ELSE r ->> 'clinic_id' END)::uuid;
  IF c IS NULL AND r ? 'prescription_id' THEN SELECT clinic_id INTO c FROM prescriptions WHERE id = (r ->> 'prescription_id')::uuid; END IF;
  s := coalesce(r ->> 'patient_id', r ->> 'user_id', CASE TG_TABLE_NAME WHEN 'users' THEN r ->> 'id' END)::uuid;
  IF c IS NULL AND s IS NULL AND r ? 'doctor_id' THEN SELECT user_id INTO s FROM doctor_profiles WHERE id = (r ->> 'doctor_id')::uuid; END IF;
  IF TG_OP = 'UPDATE' THEN                                    -- only what changed
    IF o = n THEN RETURN NULL; END IF;
    SELECT jsonb_object_agg(e.key, e.value) INTO changed FROM jsonb_each(n) e WHERE o -> e.key IS DISTINCT FROM e.value;
    SELECT jsonb_object_agg(e.key, e.value) INTO o FROM jsonb_each(o) e WHERE changed ? e.key;
    INSERT INTO audit_log(clinic_id, subject, tab, op, row_id, old, new) VALUES (c, s, TG_TABLE_NAME, 'U', n ->> key, o, changed);
  ELSE
    INSERT INTO audit_log(clinic_id, subject, tab, op, row_id, old, new) VALUES (c, s, TG_TABLE_NAME, left(TG_OP, 1), r ->> key, o, n);
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION cd.audit_row_hash(a audit_log) RETURNS bytea LANGUAGE sql STABLE AS $$
  -- free text as JSON strings: a separator inside one cannot shift the fields. No SET: so that it is inlined (called from pinned functions only)
  SELECT pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws(E'\x1f', a.id, extract(epoch FROM a.at), a.xid, a.login_role, coalesce(pg_catalog.host(a.addr), E'\x1e'), coalesce(pg_catalog.to_json(a.seat)::text, E'\x1e'),
    coalesce(a.clinic_id::text, E'\x1e'), coalesce(a.subject::text, E'\x1e'), a.tab, a.op,
    coalesce(pg_catalog.to_json(a.row_id)::text, E'\x1e'), coalesce(a.old::text, E'\x1e'), coalesce(a.new::text, E'\x1e')), 'UTF8')) $$;
-- All transactions below the snapshot's xmin are finished, so their set of audit rows can no longer change.
CREATE FUNCTION cd.seal() RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE last audit_seals; upto xid8; n bigint; h bytea;
BEGIN
  IF NOT pg_try_advisory_xact_lock(4711) THEN RETURN NULL; END IF;
  SELECT * INTO last FROM audit_seals ORDER BY no DESC LIMIT 1;
  upto := pg_snapshot_xmin(pg_current_snapshot());
  SELECT count(*), sha256(last.hash || convert_to(upto::text, 'UTF8') || coalesce(string_agg(cd.audit_row_hash(a), '' ORDER BY a.xid, a.id), ''))
    INTO n, h FROM audit_log a WHERE a.xid >= last.to_xid AND a.xid < upto;
  IF n = 0 THEN RETURN last.no; END IF;
  INSERT INTO audit_seals VALUES (last.no + 1, clock_timestamp(), last.to_xid, upto, n, last.hash, h);
  RETURN last.no + 1;
END $$;
CREATE FUNCTION cd.verify_seals(p_from bigint DEFAULT 1) RETURNS TABLE(seal bigint, problem text) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT s.no, CASE WHEN p.hash IS DISTINCT FROM s.prev OR p.to_xid <> s.from_xid THEN 'chain broken' WHEN r.n <> s.rows THEN 'rows ' || r.n || ' sealed ' || s.rows ELSE 'content changed' END
    FROM audit_seals s LEFT JOIN audit_seals p ON p.no = s.no - 1
    CROSS JOIN LATERAL (SELECT count(*) n, sha256(s.prev || convert_to(s.to_xid::text, 'UTF8') || coalesce(string_agg(cd.audit_row_hash(a), '' ORDER BY a.xid, a.id), '')) h
      FROM audit_log a WHERE a.xid >= s.from_xid AND a.xid < s.to_xid) r
   WHERE s.no >= greatest(p_from, 1) AND (p.hash IS DISTINCT FROM s.prev OR p.to_xid <> s.from_xid OR r.n <> s.rows OR r.h <> s.hash)
  UNION ALL SELECT 0, 'rows before the chain' WHERE EXISTS (SELECT 1 FROM audit_log WHERE xid < (SELECT to_xid FROM audit_seals WHERE no = 0)) $$;
-- before and after of a line, for who may see the line; clinical rows stay with those who treat
CREATE FUNCTION cd.audit_content(p_ids bigint[]) RETURNS TABLE(id bigint, old jsonb, new jsonb) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT a.id, a.old, a.new FROM audit_log a WHERE a.id = ANY (p_ids)
    AND a.tab NOT IN ('patient_allergies','patient_problems','patient_measures','visits','visit_versions','prescriptions','prescription_items','dispenses')
    AND (a.clinic_id = ANY (cd.my_clinics()) OR a.clinic_id IS NULL AND (a.subject IS NULL
      OR EXISTS (SELECT 1 FROM patient_clinics pc WHERE pc.patient_id = a.subject AND pc.clinic_id = ANY (cd.my_clinics()))
      OR EXISTS (SELECT 1 FROM clinic_staff cs WHERE cs.user_id = a.subject AND cs.clinic_id = ANY (cd.my_clinics())))) $$;
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['users','user_profiles','patient_allergies','patient_problems','patient_measures','clinic_staff','doctor_profiles','doctor_availability','doctor_leave','clinics',
      'appointments','waiting_list','payments','visits','access_log','prescriptions','prescription_items','inventory_items','stock_movements','dispenses','medications',
      'medication_products','appointment_types','medical_specialties','rooms','clinic_holidays','doctor_sessions','contact_points'] LOOP
    EXECUTE format('CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION cd.audit()', t);
  END LOOP;
  CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON patients FOR EACH ROW EXECUTE FUNCTION cd.audit('user_id');
  CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON doctor_keys FOR EACH ROW EXECUTE FUNCTION cd.audit('kid');
  CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON patient_clinics FOR EACH ROW EXECUTE FUNCTION cd.audit('patient_id');
  CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON clinic_settings FOR EACH ROW EXECUTE FUNCTION cd.audit('key');
  CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON doctor_specialties FOR EACH ROW EXECUTE FUNCTION cd.audit('doctor_id');
  CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON visit_versions FOR EACH ROW EXECUTE FUNCTION cd.audit('visit_id');
END $$;

-- Change feed: row + NOTIFY in the writer's transaction. A hint only (table and id): the seat reads again under its own rights.
CREATE TABLE change_feed(seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  at timestamptz NOT NULL DEFAULT clock_timestamp(), clinic_id uuid, topic text NOT NULL, row_id uuid NOT NULL, op "char" NOT NULL);
CREATE INDEX idx_change_feed_xid ON change_feed (xid);
CREATE INDEX idx_change_feed_at ON change_feed (at);
CREATE FUNCTION cd.tell(p_clinic uuid, p_topic text, p_row uuid, p_op text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO change_feed(clinic_id, topic, row_id, op) VALUES (p_clinic, p_topic, p_row, left(p_op, 1)::"char");
  PERFORM pg_notify('cd_' || coalesce(translate(p_clinic::text, '-', ''), 'all'), p_topic || ' ' || p_row || ' ' || coalesce(cd.seat(), ''));  -- no content: anyone may LISTEN
END $$;
CREATE FUNCTION cd.feed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE r jsonb; c uuid;
BEGIN   -- arguments: topic, key column; rows without clinic_id concern each clinic of the patient
  r := CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
  IF r ? 'clinic_id' THEN PERFORM cd.tell((r ->> 'clinic_id')::uuid, TG_ARGV[0], (r ->> TG_ARGV[1])::uuid, TG_OP);
  ELSE
    FOR c IN SELECT clinic_id FROM patient_clinics WHERE patient_id = (r ->> TG_ARGV[1])::uuid LOOP PERFORM cd.tell(c, TG_ARGV[0], (r ->> TG_ARGV[1])::uuid, TG_OP); END LOOP;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE OR DELETE ON appointments FOR EACH ROW EXECUTE FUNCTION cd.feed('appointments', 'id');
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE OR DELETE ON waiting_list FOR EACH ROW EXECUTE FUNCTION cd.feed('waiting', 'id');
CREATE TRIGGER z_feed AFTER INSERT ON payments FOR EACH ROW EXECUTE FUNCTION cd.feed('payments', 'id');
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE ON visits FOR EACH ROW EXECUTE FUNCTION cd.feed('visits', 'patient_id');
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE ON prescriptions FOR EACH ROW EXECUTE FUNCTION cd.feed('prescriptions', 'id');
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE OR DELETE ON inventory_items FOR EACH ROW EXECUTE FUNCTION cd.feed('stock', 'id');
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE ON clinic_metrics FOR EACH ROW EXECUTE FUNCTION cd.feed('metrics', 'id');
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE ON patients FOR EACH ROW EXECUTE FUNCTION cd.feed('patients', 'user_id');
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE ON patient_allergies FOR EACH ROW EXECUTE FUNCTION cd.feed('patients', 'patient_id');
CREATE TRIGGER z_feed AFTER INSERT OR UPDATE ON patient_problems FOR EACH ROW EXECUTE FUNCTION cd.feed('patients', 'patient_id');
-- Catch-up without gaps: remember the xmin of the snapshot you read with, read again from there; repeats are harmless.
CREATE FUNCTION cd.catch_up(p_from xid8) RETURNS TABLE(next_from xid8, topic text, row_id uuid) LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
  SELECT pg_snapshot_xmin(pg_current_snapshot()), f.topic, f.row_id FROM (SELECT 1) one
    LEFT JOIN (SELECT DISTINCT topic, row_id FROM public.change_feed WHERE xid >= p_from) f ON true $$;
CREATE FUNCTION cd.trim_feed() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  DELETE FROM public.change_feed WHERE at < now() - interval '2 days' $$;
