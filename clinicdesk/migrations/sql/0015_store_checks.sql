-- The daily comparison of health records with their index: one seat of a clinic makes it, everybody sees its result.
CREATE TABLE store_checks(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL UNIQUE REFERENCES clinics(id), day date NOT NULL, started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  finished_at timestamptz, sound boolean, counts jsonb NOT NULL DEFAULT '{}');
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON store_checks FOR EACH ROW EXECUTE FUNCTION cd.audit();
ALTER TABLE store_checks ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON store_checks TO cd_staff USING (clinic_id = ANY ((SELECT cd.my_clinics())::uuid[]));
-- true for the one seat that shall make today's check; one that was broken off is free again after half an hour
CREATE FUNCTION cd.begin_check(p_clinic uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE today date;
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  SELECT (now() AT TIME ZONE c.timezone)::date INTO today FROM clinics c WHERE c.id = p_clinic;
  INSERT INTO store_checks(clinic_id, day) VALUES (p_clinic, today)
    ON CONFLICT (clinic_id) DO UPDATE SET day = today, started_at = clock_timestamp(), finished_at = NULL, sound = NULL, counts = '{}'
    WHERE store_checks.day < today OR store_checks.finished_at IS NULL AND store_checks.started_at < clock_timestamp() - interval '30 min';
  RETURN FOUND;
END $$;
CREATE FUNCTION cd.end_check(p_clinic uuid, p_sound boolean, p_counts jsonb) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  INSERT INTO store_checks(clinic_id, day, finished_at, sound, counts)
    SELECT p_clinic, (now() AT TIME ZONE c.timezone)::date, clock_timestamp(), p_sound, p_counts FROM clinics c WHERE c.id = p_clinic
    ON CONFLICT (clinic_id) DO UPDATE SET day = excluded.day, finished_at = excluded.finished_at, sound = excluded.sound, counts = excluded.counts;
END $$;
