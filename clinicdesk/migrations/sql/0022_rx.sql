-- a prescription ends when its validity has passed: the day itself counts until the clinic's midnight (spec 4.8)
CREATE INDEX idx_prescriptions_open ON prescriptions (clinic_id, expiry_date) WHERE status = 'active';
CREATE FUNCTION cd.rx_expire() RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE c record; n integer; done integer := 0;
BEGIN   -- whichever seat comes first; the others do not wait
  IF NOT pg_try_advisory_xact_lock(4722) THEN RETURN 0; END IF;
  FOR c IN SELECT id, timezone FROM clinics WHERE id = ANY (cd.my_clinics()) LOOP
    UPDATE prescriptions SET status = 'expired' WHERE id IN (SELECT p.id FROM prescriptions p WHERE p.clinic_id = c.id AND p.status = 'active'
      AND p.digital_signature_hash IS NOT NULL AND p.expiry_date < (now() AT TIME ZONE c.timezone)::date ORDER BY p.id LIMIT 500 FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS n = ROW_COUNT; done := done + n;
  END LOOP;
  RETURN done;
END $$;
