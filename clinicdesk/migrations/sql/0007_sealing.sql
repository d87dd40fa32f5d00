-- Sealed charts, one document database a clinic, and the accounts of jobs.

-- a key for each patient in each clinic: nobody but the functions below reads them; without them sealed charts are lost
CREATE TABLE chart_keys(
  patient_id uuid NOT NULL REFERENCES users(id), clinic_id uuid NOT NULL REFERENCES clinics(id),
  key bytea NOT NULL CHECK (octet_length(key) = 32), made_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (patient_id, clinic_id));
CREATE FUNCTION cd.audit_chart_key() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE r chart_keys;
BEGIN   -- that there is one, never what it is
  IF TG_OP = 'DELETE' THEN r := OLD; ELSE r := NEW; END IF;
  INSERT INTO audit_log(clinic_id, subject, tab, op, row_id, old, new) VALUES (r.clinic_id, r.patient_id, 'chart_keys', left(TG_OP, 1), r.patient_id::text,
    CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - 'key' END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - 'key' END);
  RETURN NULL;
END $$;
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON chart_keys FOR EACH ROW EXECUTE FUNCTION cd.audit_chart_key();
-- the digest of a document's sealed form; visit_versions keeps the digest of what it says. NOT stored: being converted
CREATE TABLE sealed_documents(
  visit_id uuid NOT NULL, version integer NOT NULL, clinic_id uuid NOT NULL, sha256 char(64) NOT NULL, stored boolean NOT NULL,
  PRIMARY KEY (visit_id, version), FOREIGN KEY (visit_id, version) REFERENCES visit_versions(visit_id, version));
CREATE INDEX idx_sealed_documents_clinic ON sealed_documents (clinic_id, visit_id, version);
ALTER TABLE sealed_documents ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON sealed_documents TO cd_staff USING (clinic_id = ANY ((SELECT cd.my_clinics())::uuid[]));
CREATE TABLE sealing_runs(
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, clinic_id uuid NOT NULL REFERENCES clinics(id), sealed boolean NOT NULL,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(), login_role name NOT NULL DEFAULT session_user,
  started_at timestamptz NOT NULL DEFAULT clock_timestamp(), finished_at timestamptz);
CREATE UNIQUE INDEX sealing_runs_one_open ON sealing_runs (clinic_id) WHERE finished_at IS NULL;
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON sealing_runs FOR EACH ROW EXECUTE FUNCTION cd.audit();

CREATE FUNCTION cd.charts_sealed(p_clinic uuid) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN RETURN EXISTS (SELECT 1 FROM clinic_settings WHERE clinic_id = p_clinic AND key = 'sealed_charts' AND value = 'true'::jsonb); END $$;
CREATE FUNCTION cd.make_chart_keys(p_patients uuid[], p_clinics uuid[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN   -- 244 random bits through a hash: gen_random_uuid is the server's strong source
  INSERT INTO chart_keys(patient_id, clinic_id, key)
    SELECT p, c, sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) FROM unnest(p_patients) p, unnest(p_clinics) c ON CONFLICT DO NOTHING;
END $$;
-- The key for a line of the access log. The line must be visible and of another transaction: then it is committed, and no
-- rollback takes it back. The relation of care was checked when the line was written, which is less than five minutes ago.
CREATE FUNCTION cd.chart_key(p_access bigint) RETURNS TABLE(patient_id uuid, clinic_id uuid, key bytea) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE a access_log; mine uuid[] := cd.my_clinics(); theirs uuid[];
BEGIN
  SELECT * INTO a FROM access_log WHERE id = p_access;
  IF a.id IS NULL OR a.user_id IS DISTINCT FROM cd.me() OR a.action NOT IN ('view','edit') OR a.xid = pg_current_xact_id() OR a.at < clock_timestamp() - interval '5 min' THEN
    RAISE EXCEPTION 'no committed line of the access log' USING ERRCODE = 'CD020'; END IF;
  theirs := ARRAY(SELECT clinic_id FROM patient_clinics WHERE patient_id = a.patient_id AND clinic_id = ANY (mine));
  IF cd.my_role() IS NULL OR cd.my_role() NOT IN ('doctor','nurse') OR cardinality(theirs) = 0 THEN RAISE EXCEPTION 'not a patient of your clinics' USING ERRCODE = '42501'; END IF;
  PERFORM cd.make_chart_keys(ARRAY[a.patient_id], theirs);
  RETURN QUERY SELECT k.patient_id, k.clinic_id, k.key FROM chart_keys k WHERE k.clinic_id = ANY (mine)
    AND (k.patient_id = a.patient_id OR k.patient_id IN (SELECT user_id FROM patients WHERE merged_into = a.patient_id));
END $$;
-- whoever just wrote a version says, in the same transaction, what its sealed form is
CREATE FUNCTION cd.note_sealed(p_visit uuid, p_version int, p_sha256 text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO sealed_documents SELECT visit_id, version, clinic_id, p_sha256, true FROM visit_versions
   WHERE visit_id = p_visit AND version = p_version AND author_id = cd.me() AND xmin = pg_current_xact_id()::xid;
  IF NOT FOUND THEN RAISE EXCEPTION 'not written in this transaction' USING ERRCODE = '42501'; END IF;
END $$;
CREATE FUNCTION cd.must_be_sealed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN   -- asked at the commit: the setting may have changed meanwhile; the seat then saves again, sealed
  IF cd.is_staff_session() AND cd.charts_sealed(NEW.clinic_id) AND NOT EXISTS (SELECT 1 FROM sealed_documents s WHERE s.visit_id = NEW.visit_id AND s.version = NEW.version) THEN
    RAISE EXCEPTION 'charts are sealed here' USING ERRCODE = '40001'; END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER z_sealed AFTER INSERT ON visit_versions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cd.must_be_sealed();

-- the conversion: a job asks for what is left, page by page, and may stop at any moment ------------------------------
CREATE FUNCTION cd.sealing_left(p_clinic uuid, p_sealed boolean) RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN CASE WHEN p_sealed THEN (SELECT count(*) FROM visit_versions v LEFT JOIN sealed_documents s ON s.visit_id = v.visit_id AND s.version = v.version
      WHERE v.clinic_id = p_clinic AND s.stored IS NOT TRUE)
    ELSE (SELECT count(*) FROM sealed_documents WHERE clinic_id = p_clinic) END;
END $$;
CREATE FUNCTION cd.sealing_progress(p_clinic uuid) RETURNS TABLE(sealed boolean, total bigint, remaining bigint, running_since timestamptz) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  RETURN QUERY SELECT cd.charts_sealed(p_clinic), (SELECT count(*) FROM visit_versions v WHERE v.clinic_id = p_clinic), cd.sealing_left(p_clinic, cd.charts_sealed(p_clinic)),
    (SELECT r.started_at FROM sealing_runs r WHERE r.clinic_id = p_clinic AND r.finished_at IS NULL);
END $$;
CREATE FUNCTION cd.sealing_clinics() RETURNS TABLE(clinic_id uuid, name text, sealed boolean, remaining bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT c.id, c.name::text, cd.charts_sealed(c.id), cd.sealing_left(c.id, cd.charts_sealed(c.id)) FROM clinics c ORDER BY c.name $$;
CREATE FUNCTION cd.sealing_begin(p_clinic uuid) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE r bigint; wanted boolean := cd.charts_sealed(p_clinic);
BEGIN   -- NULL: nothing is left to do, and there are no keys to take
  UPDATE sealing_runs SET finished_at = clock_timestamp() WHERE clinic_id = p_clinic AND finished_at IS NULL;
  IF cd.sealing_left(p_clinic, wanted) > 0 THEN INSERT INTO sealing_runs(clinic_id, sealed) VALUES (p_clinic, wanted) RETURNING id INTO r; END IF;
  RETURN r;
END $$;
CREATE FUNCTION cd.sealing_run(p_run bigint) RETURNS sealing_runs LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE r sealing_runs;
BEGIN
  SELECT * INTO r FROM sealing_runs WHERE id = p_run AND finished_at IS NULL AND login_role = session_user AND xid IS DISTINCT FROM pg_current_xact_id_if_assigned();
  IF r.id IS NULL OR r.sealed <> cd.charts_sealed(r.clinic_id) THEN RAISE EXCEPTION 'no such conversion under way' USING ERRCODE = 'CD020'; END IF;
  RETURN r;
END $$;
CREATE FUNCTION cd.sealing_page(p_run bigint, p_visit uuid, p_version int, p_limit int) RETURNS TABLE(visit_id uuid, version int, patient_id uuid, document_id text, sha256 text, sealed_sha256 text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE r sealing_runs := cd.sealing_run(p_run);
BEGIN
  RETURN QUERY SELECT v.visit_id, v.version, x.patient_id, v.document_id::text, v.sha256::text, s.sha256::text FROM visit_versions v JOIN visits x ON x.id = v.visit_id
      LEFT JOIN sealed_documents s ON s.visit_id = v.visit_id AND s.version = v.version
     WHERE v.clinic_id = r.clinic_id AND (p_visit IS NULL OR (v.visit_id, v.version) > (p_visit, p_version)) AND CASE WHEN r.sealed THEN s.stored IS NOT TRUE ELSE s.visit_id IS NOT NULL END
     ORDER BY v.visit_id, v.version LIMIT least(greatest(p_limit, 1), 500);
END $$;
CREATE FUNCTION cd.sealing_keys(p_run bigint, p_patients uuid[]) RETURNS TABLE(patient_id uuid, key bytea) LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE r sealing_runs := cd.sealing_run(p_run);
BEGIN   -- the run is committed and in the audit; each patient's line follows. Only those whose charts are still to be converted
  IF EXISTS (SELECT 1 FROM unnest(p_patients) p WHERE NOT EXISTS (SELECT 1 FROM visits v JOIN visit_versions w ON w.visit_id = v.id LEFT JOIN sealed_documents s ON s.visit_id = w.visit_id AND s.version = w.version
      WHERE w.clinic_id = r.clinic_id AND v.patient_id IN (p, (SELECT merged_into FROM patients WHERE user_id = p)) AND CASE WHEN r.sealed THEN s.stored IS NOT TRUE ELSE s.visit_id IS NOT NULL END)) THEN
    RAISE EXCEPTION 'nothing of this patient is to be converted' USING ERRCODE = '42501'; END IF;
  PERFORM cd.make_chart_keys(p_patients, ARRAY[r.clinic_id]);
  INSERT INTO audit_log(clinic_id, tab, op, row_id, subject, new) SELECT r.clinic_id, 'chart_keys', 'R', p::text, p, jsonb_build_object('run', r.id) FROM unnest(p_patients) p;
  RETURN QUERY SELECT k.patient_id, k.key FROM chart_keys k WHERE k.clinic_id = r.clinic_id AND k.patient_id = ANY (p_patients);
END $$;
CREATE FUNCTION cd.sealing_note(p_run bigint, p_visits uuid[], p_versions int[], p_digests text[], p_stored boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE r sealing_runs := cd.sealing_run(p_run);
BEGIN
  IF NOT r.sealed THEN RAISE EXCEPTION 'charts are being opened' USING ERRCODE = 'CD020'; END IF;
  INSERT INTO sealed_documents AS s SELECT v.visit_id, v.version, v.clinic_id, n.sha, p_stored FROM unnest(p_visits, p_versions, p_digests) n(visit, version, sha)
      JOIN visit_versions v ON v.visit_id = n.visit AND v.version = n.version AND v.clinic_id = r.clinic_id
    ON CONFLICT (visit_id, version) DO UPDATE SET sha256 = excluded.sha256, stored = excluded.stored WHERE NOT s.stored;
END $$;
CREATE FUNCTION cd.sealing_clear(p_run bigint, p_visits uuid[], p_versions int[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE r sealing_runs := cd.sealing_run(p_run);
BEGIN
  IF r.sealed THEN RAISE EXCEPTION 'charts are being sealed' USING ERRCODE = 'CD020'; END IF;
  DELETE FROM sealed_documents s USING unnest(p_visits, p_versions) n(visit, version) WHERE s.visit_id = n.visit AND s.version = n.version AND s.clinic_id = r.clinic_id;
END $$;
CREATE FUNCTION cd.sealing_end(p_run bigint) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE r sealing_runs := cd.sealing_run(p_run);
BEGIN
  UPDATE sealing_runs SET finished_at = clock_timestamp() WHERE id = r.id;
  RETURN cd.sealing_left(r.clinic_id, r.sealed);
END $$;

-- what encrypts a person's drafts on a PC: handed to that person only, after sign-in --------------------------------
CREATE TABLE local_keys(user_id uuid PRIMARY KEY REFERENCES users(id), key bytea NOT NULL CHECK (octet_length(key) = 32));
CREATE FUNCTION cd.local_key() RETURNS bytea LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF cd.me() IS NULL THEN RAISE EXCEPTION 'no active account' USING ERRCODE = '42501'; END IF;
  INSERT INTO local_keys VALUES (cd.me(), sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))) ON CONFLICT DO NOTHING;
  RETURN (SELECT key FROM local_keys WHERE user_id = cd.me());
END $$;

-- one document database for all, or one for each clinic: chosen at set-up ---------------------------------------------
ALTER TABLE installation ADD COLUMN documents_mode text NOT NULL DEFAULT 'shared' CHECK (documents_mode IN ('shared','per_clinic'));

-- the accounts of jobs: which machine holds which secret; the rights are those of resources/job_rights.csv ------------
CREATE TABLE service_accounts(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), job varchar(10) NOT NULL UNIQUE CHECK (job IN ('worker','backup','check')), machine varchar(100) NOT NULL,
  made_at timestamptz NOT NULL DEFAULT now());
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON service_accounts FOR EACH ROW EXECUTE FUNCTION cd.audit();
DO $$ DECLARE r text; t text; BEGIN
  FOREACH r IN ARRAY ARRAY['cd_job_worker','cd_job_backup','cd_job_check'] LOOP
    IF to_regrole(r) IS NULL THEN EXECUTE format('CREATE ROLE %I NOLOGIN CONNECTION LIMIT 4', r); END IF;
  END LOOP;
  FOREACH t IN ARRAY ARRAY['clinics','visit_versions','sealed_documents','audit_log'] LOOP
    EXECUTE format('CREATE POLICY job_check ON %I FOR SELECT TO cd_job_check USING (true)', t);
  END LOOP;
END $$;
-- a dump must see every row; only the server's owner can give that, and lets anybody into the schemas
RESET ROLE;
ALTER ROLE cd_job_backup BYPASSRLS;
GRANT USAGE ON SCHEMA public, cd TO cd_job_worker, cd_job_backup, cd_job_check;
DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO cd_job_worker, cd_job_backup, cd_job_check', current_database()); END $$;
SET ROLE cd_owner;
