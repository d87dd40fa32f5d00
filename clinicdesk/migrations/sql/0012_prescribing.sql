-- Prescribing that proves itself: the code on the paper, the clinic's seal, states for checking with no network,
-- templates, and rules that a named clinician has accepted.

-- the code of the paper is signed with the prescription and frozen with it (rx_frozen compares the whole row)
ALTER TABLE prescriptions ADD COLUMN qr_code text CHECK (qr_code ~ '^CD2:[A-Z2-7]+$' AND length(qr_code) BETWEEN 174 AND 2004);
CREATE FUNCTION cd.rx_sign(p_id uuid, p_image text, p_seal text, p_code text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE prescriptions SET qr_code = p_code WHERE id = p_id AND doctor_id = cd.my_doctor() AND digital_signature_hash IS NULL;
  PERFORM cd.rx_sign(p_id, p_image, p_seal);
END $$;

-- two doctors who sign for one patient at once: the second looks at the patient after the first is done
CREATE FUNCTION cd.rx_turn(p_patient uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = p_patient AND clinic_id = ANY (cd.my_clinics())) THEN RAISE EXCEPTION 'not a patient of your clinics' USING ERRCODE = '42501'; END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('rx' || p_patient, 0));
END $$;

-- the clinic's certificate (PAdES). The authority's key signed once and is kept nowhere; the sealing key has no grants:
-- cd.clinic_seal hands it to the programs of those who print. A seal says 'printed here'; who prescribed, the doctor's key says.
CREATE TABLE clinic_seals(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), certificate bytea NOT NULL, authority bytea NOT NULL,
  valid_until timestamptz NOT NULL, made_by uuid REFERENCES users(id), created_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX idx_clinic_seals_clinic ON clinic_seals (clinic_id, created_at);
CREATE TABLE clinic_seal_keys(seal_id uuid PRIMARY KEY REFERENCES clinic_seals, private_key bytea NOT NULL);
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON clinic_seals FOR EACH ROW EXECUTE FUNCTION cd.audit();   -- not the keys: the audit is read
ALTER TABLE clinic_seals ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON clinic_seals TO cd_staff USING (clinic_id = ANY ((SELECT cd.my_clinics())::uuid[]));
ALTER TABLE clinic_seal_keys ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION cd.clinic_seal(p_clinic uuid) RETURNS TABLE(certificate bytea, authority bytea, private_key bytea, valid_until timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  RETURN QUERY SELECT s.certificate, s.authority, k.private_key, s.valid_until FROM clinic_seals s JOIN clinic_seal_keys k ON k.seal_id = s.id
    WHERE s.clinic_id = p_clinic ORDER BY s.created_at DESC LIMIT 1;
END $$;
CREATE FUNCTION cd.add_seal(p_clinic uuid, p_certificate bytea, p_authority bytea, p_key bytea, p_until timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE s uuid;
BEGIN   -- two seats at once make one: the second waits and is told so
  PERFORM cd.require_clinic(p_clinic);
  PERFORM 1 FROM clinics WHERE id = p_clinic FOR NO KEY UPDATE;
  IF EXISTS (SELECT 1 FROM clinic_seals c WHERE c.clinic_id = p_clinic AND c.valid_until > now() + interval '60 days') THEN RETURN false; END IF;
  INSERT INTO clinic_seals(clinic_id, certificate, authority, valid_until, made_by) VALUES (p_clinic, p_certificate, p_authority, p_until, cd.me()) RETURNING id INTO s;
  INSERT INTO clinic_seal_keys VALUES (s, p_key);
  RETURN true;
END $$;

-- one more paper of a signed prescription: logged; how many were printed before (0: this is the original)
CREATE FUNCTION cd.rx_print(p_id uuid) RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE p prescriptions; said text; n int;
BEGIN
  SELECT * INTO p FROM prescriptions WHERE id = p_id AND digital_signature_hash IS NOT NULL FOR NO KEY UPDATE;   -- two printers at once: two numbers
  PERFORM cd.require_clinic(p.clinic_id);
  said := 'prescription ' || p.prescription_number;
  SELECT count(*) INTO n FROM access_log a WHERE a.patient_id = p.patient_id AND a.action = 'print' AND a.purpose = said;
  PERFORM cd.log_access(p.patient_id, 'print', said);
  RETURN n;
END $$;

-- the state of prescriptions without their patients: what a key file carries, what the Verify screen asks
CREATE FUNCTION cd.rx_states(p_clinic uuid, p_number text DEFAULT NULL)
RETURNS TABLE(number text, digest text, status text, expiry_date date, supplied_at timestamptz, fully boolean, cancelled_at timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF cd.is_staff_session() THEN PERFORM cd.require_clinic(p_clinic); END IF;   -- the server's owner exports keys, too
  RETURN QUERY SELECT p.prescription_number::text, split_part(p.digital_signature_hash, '.', 3), p.status::text, p.expiry_date,
      (SELECT max(d.dispensed_at) FROM dispenses d WHERE d.prescription_id = p.id),
      NOT EXISTS (SELECT 1 FROM prescription_items i WHERE i.prescription_id = p.id AND i.supplied < coalesce(i.quantity, 0)), p.cancelled_at
    FROM prescriptions p WHERE p.clinic_id = p_clinic AND p.digital_signature_hash IS NOT NULL
      AND (p.prescription_number = p_number OR p_number IS NULL AND p.issued_date > current_date - 120 AND p.expiry_date >= current_date - 30);
END $$;

-- a warning that was answered is remembered for 180 days, for the same rules, pair and patient (spec 4.5)
CREATE TABLE rx_overrides(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), patient_id uuid NOT NULL REFERENCES users(id),
  prescription_id uuid NOT NULL REFERENCES prescriptions(id), rule varchar(80) NOT NULL, about varchar(400) NOT NULL, data_version varchar(60) NOT NULL,
  reason varchar(40) NOT NULL, made_by uuid NOT NULL DEFAULT cd.me() REFERENCES users(id), at timestamptz NOT NULL DEFAULT now());
CREATE INDEX idx_rx_overrides_patient ON rx_overrides (patient_id, at);
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON rx_overrides FOR EACH ROW EXECUTE FUNCTION cd.audit();
ALTER TABLE rx_overrides ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON rx_overrides TO cd_staff USING (clinic_id = ANY ((SELECT cd.my_clinics())::uuid[]));
CREATE POLICY own ON rx_overrides AS RESTRICTIVE FOR INSERT TO cd_staff WITH CHECK (made_by = (SELECT cd.me()) AND EXISTS (SELECT 1 FROM prescriptions p
  WHERE p.id = rx_overrides.prescription_id AND p.doctor_id = (SELECT cd.my_doctor()) AND p.patient_id = rx_overrides.patient_id AND p.clinic_id = rx_overrides.clinic_id));

-- favourites, templates and order sets: a person's own, or the clinic's (owner null), which its clinical lead keeps
CREATE TABLE rx_templates(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), owner_id uuid REFERENCES users(id),
  name varchar(80) NOT NULL CHECK (btrim(name) <> ''), content jsonb NOT NULL CHECK (jsonb_typeof(content -> 'lines') = 'array'), created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now());
CREATE UNIQUE INDEX rx_templates_name ON rx_templates (clinic_id, coalesce(owner_id, '00000000-0000-0000-0000-000000000000'), lower(name));
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON rx_templates FOR EACH ROW EXECUTE FUNCTION cd.audit();
ALTER TABLE rx_templates ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON rx_templates TO cd_staff USING (clinic_id = ANY ((SELECT cd.my_clinics())::uuid[]) AND (owner_id IS NULL OR owner_id = (SELECT cd.me())));
CREATE POLICY keep_new ON rx_templates AS RESTRICTIVE FOR INSERT TO cd_staff WITH CHECK (owner_id = (SELECT cd.me()) OR owner_id IS NULL AND EXISTS (SELECT 1 FROM staff_duties s WHERE s.user_id = (SELECT cd.me()) AND s.duty = 'clinic_lead' AND s.clinic_id = rx_templates.clinic_id));
CREATE POLICY keep_changed ON rx_templates AS RESTRICTIVE FOR UPDATE TO cd_staff USING (owner_id = (SELECT cd.me()) OR EXISTS (SELECT 1 FROM staff_duties s WHERE s.user_id = (SELECT cd.me()) AND s.duty = 'clinic_lead' AND s.clinic_id = rx_templates.clinic_id)) WITH CHECK (owner_id = (SELECT cd.me()) OR owner_id IS NULL AND EXISTS (SELECT 1 FROM staff_duties s WHERE s.user_id = (SELECT cd.me()) AND s.duty = 'clinic_lead' AND s.clinic_id = rx_templates.clinic_id));
CREATE POLICY keep_old ON rx_templates AS RESTRICTIVE FOR DELETE TO cd_staff USING (owner_id = (SELECT cd.me()) OR EXISTS (SELECT 1 FROM staff_duties s WHERE s.user_id = (SELECT cd.me()) AND s.duty = 'clinic_lead' AND s.clinic_id = rx_templates.clinic_id));

-- a row of the clinical data that its source does not prove informs only, until a named clinician accepts it for the clinic
CREATE TABLE rule_acceptances(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), rule varchar(40) NOT NULL, data_version varchar(60) NOT NULL,
  accepted_by uuid NOT NULL DEFAULT cd.me() REFERENCES users(id), accepted_at timestamptz NOT NULL DEFAULT now(), UNIQUE (clinic_id, rule));
CREATE TRIGGER z_audit AFTER INSERT OR UPDATE OR DELETE ON rule_acceptances FOR EACH ROW EXECUTE FUNCTION cd.audit();
ALTER TABLE rule_acceptances ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON rule_acceptances TO cd_staff USING (clinic_id = ANY ((SELECT cd.my_clinics())::uuid[]));
CREATE POLICY named ON rule_acceptances AS RESTRICTIVE FOR INSERT TO cd_staff WITH CHECK (accepted_by = (SELECT cd.me()) AND EXISTS (SELECT 1 FROM staff_duties s WHERE s.user_id = (SELECT cd.me()) AND s.duty = 'clinic_lead' AND s.clinic_id = rule_acceptances.clinic_id));
CREATE POLICY lead ON rule_acceptances AS RESTRICTIVE FOR DELETE TO cd_staff USING (EXISTS (SELECT 1 FROM staff_duties s WHERE s.user_id = (SELECT cd.me()) AND s.duty = 'clinic_lead' AND s.clinic_id = rule_acceptances.clinic_id));
