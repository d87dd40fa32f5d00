-- Duties: what a person may do in a clinic besides the role. resources/rights.csv says which action needs which.

-- role or duty x action, written from the table of rights with the grants; nobody reads it but these functions
CREATE TABLE cd.rights(action text NOT NULL, holder text NOT NULL, PRIMARY KEY (action, holder));
-- the clinics in which the signed-in person holds a duty
CREATE FUNCTION cd.duty_clinics(p_duty text) RETURNS uuid[] LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN RETURN ARRAY(SELECT clinic_id FROM staff_duties WHERE user_id = cd.me() AND duty = p_duty AND clinic_id = ANY (cd.my_clinics())); END $$;
CREATE FUNCTION cd.my_duties() RETURNS text[] LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN RETURN ARRAY(SELECT DISTINCT duty::text FROM staff_duties WHERE user_id = cd.me() AND clinic_id = ANY (cd.my_clinics()) ORDER BY 1); END $$;
CREATE FUNCTION cd.has_duty(p_duty text, p_clinic uuid) RETURNS boolean LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN RETURN coalesce(p_clinic = ANY (cd.duty_clinics(p_duty)), false); END $$;
-- for definer functions: the duty, in any own clinic or in this one
CREATE FUNCTION cd.require_duty(p_duty text) RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT coalesce(cd.has_duty(p_duty), false) THEN RAISE EXCEPTION 'needs the duty %', p_duty USING ERRCODE = '42501'; END IF;
END $$;
CREATE FUNCTION cd.require_duty(p_duty text, p_clinic uuid) RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT cd.has_duty(p_duty, p_clinic) THEN RAISE EXCEPTION 'needs the duty %', p_duty USING ERRCODE = '42501'; END IF;
END $$;
-- what the table says about the signed-in person: by role, or by duty
CREATE FUNCTION cd.may(p_action text) RETURNS boolean LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN RETURN EXISTS (SELECT 1 FROM cd.rights WHERE action = p_action AND (holder = cd.my_role() OR holder = ANY (cd.my_duties()))); END $$;
-- the clinics in which the signed-in person may do it: all own ones by role, or those of the duty
CREATE FUNCTION cd.action_clinics(p_action text) RETURNS uuid[] LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM cd.rights WHERE action = p_action AND holder = cd.my_role()) THEN RETURN cd.my_clinics(); END IF;
  RETURN ARRAY(SELECT DISTINCT d.clinic_id FROM staff_duties d JOIN cd.rights r ON r.holder = d.duty AND r.action = p_action WHERE d.user_id = cd.me() AND d.clinic_id = ANY (cd.my_clinics()));
END $$;
CREATE FUNCTION cd.require_action(p_action text) RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT coalesce(cd.may(p_action), false) THEN RAISE EXCEPTION 'not one of your rights: %', p_action USING ERRCODE = '42501'; END IF;
END $$;

-- nobody gives a duty to oneself while another administrator of the clinic could
CREATE OR REPLACE FUNCTION cd.set_duty(p_clinic uuid, p_user uuid, p_duty text, p_held boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  IF cd.my_role() IS DISTINCT FROM 'admin' OR NOT EXISTS (SELECT 1 FROM clinic_staff WHERE clinic_id = p_clinic AND user_id = p_user) THEN
    RAISE EXCEPTION 'not an account of this clinic' USING ERRCODE = '42501'; END IF;
  IF p_held AND p_user = cd.me() AND EXISTS (SELECT 1 FROM clinic_staff s JOIN users u ON u.id = s.user_id
      WHERE s.clinic_id = p_clinic AND s.is_active AND u.status = 'active' AND u.role = 'admin' AND u.id <> p_user) THEN
    RAISE EXCEPTION 'not your own duties' USING ERRCODE = 'CD012'; END IF;
  IF p_held THEN INSERT INTO staff_duties(clinic_id, user_id, duty, granted_by) VALUES (p_clinic, p_user, p_duty, cd.me()) ON CONFLICT DO NOTHING;
  ELSE DELETE FROM staff_duties WHERE clinic_id = p_clinic AND user_id = p_user AND duty = p_duty; END IF;
END $$;

-- clinic lead: settings, opening hours and holidays. Everybody may hold the duty, so the rows decide, not the grant
DO $$ DECLARE t text; k text; lead text := '((SELECT cd.my_role()) = ''admin'' OR %I = ANY ((SELECT cd.duty_clinics(''clinic_lead''))::uuid[]))'; BEGIN
  FOREACH t IN ARRAY ARRAY['clinic_settings','clinic_holidays','clinics'] LOOP
    k := CASE t WHEN 'clinics' THEN 'id' ELSE 'clinic_id' END;
    EXECUTE format('CREATE POLICY lead_adds ON %I AS RESTRICTIVE FOR INSERT TO cd_staff WITH CHECK (' || lead || ')', t, k);
    EXECUTE format('CREATE POLICY lead_changes ON %I AS RESTRICTIVE FOR UPDATE TO cd_staff USING (' || lead || ') WITH CHECK (' || lead || ')', t, k, k);
  END LOOP;
END $$;
-- a function, since the privilege to delete would let everybody lock the table
CREATE FUNCTION cd.drop_holiday(p_id uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  DELETE FROM clinic_holidays WHERE id = p_id AND clinic_id = ANY (cd.action_clinics('clinic.lead'));
  IF NOT FOUND THEN RAISE EXCEPTION 'not a holiday of yours' USING ERRCODE = '42501'; END IF;
END $$;

-- a restricted chart: whoever the table of rights says, in the clinics where they hold it
CREATE OR REPLACE FUNCTION cd.set_restricted(p_patient uuid, p_restricted boolean) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM patient_clinics WHERE patient_id = p_patient AND clinic_id = ANY (cd.action_clinics('patients.restrict'))) THEN
    RAISE EXCEPTION 'the privacy officer restricts' USING ERRCODE = '42501'; END IF;
  UPDATE patients SET restricted = p_restricted, row_version = row_version + 1 WHERE user_id = p_patient AND restricted <> p_restricted;
END $$;
-- open seats hear at once of a changed duty or role
CREATE TRIGGER z_feed AFTER INSERT OR DELETE ON staff_duties FOR EACH ROW EXECUTE FUNCTION cd.feed('duties', 'user_id');
CREATE TRIGGER z_feed AFTER UPDATE OF role, is_active ON clinic_staff FOR EACH ROW EXECUTE FUNCTION cd.feed('duties', 'user_id');
