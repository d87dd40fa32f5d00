-- Row level security: clinic by clinic. The look-up is an InitPlan, made once a statement. Which role may do what with
-- a table is not here but in resources/rights.csv, from which the grants are made.
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['appointments','appointment_events','waiting_list','payments','visits','visit_versions','prescriptions','prescription_drafts','inventory_items','stock_movements',
      'dispenses','clinic_metrics','clinic_settings','clinic_holidays','rooms','doctor_sessions','patient_clinics','clinic_staff','counters'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY clinic ON %I TO cd_staff USING (clinic_id = ANY ((SELECT cd.my_clinics())::uuid[]))', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['patient_allergies','patient_problems','patient_measures'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY clinic ON %I TO cd_staff USING (EXISTS (SELECT 1 FROM patient_clinics pc WHERE pc.patient_id = %I.patient_id))', t, t);
  END LOOP;
END $$;
ALTER TABLE patients ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON patients TO cd_staff USING (EXISTS (SELECT 1 FROM patient_clinics pc WHERE pc.patient_id = patients.user_id));
ALTER TABLE user_profiles ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON user_profiles TO cd_staff USING (EXISTS (SELECT 1 FROM patient_clinics pc WHERE pc.patient_id = user_profiles.user_id)
  OR EXISTS (SELECT 1 FROM clinic_staff cs WHERE cs.user_id = user_profiles.user_id));
ALTER TABLE contact_points ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON contact_points TO cd_staff USING (EXISTS (SELECT 1 FROM patient_clinics pc WHERE pc.patient_id = contact_points.user_id));
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON users TO cd_staff USING (id = (SELECT cd.me()) OR EXISTS (SELECT 1 FROM patient_clinics pc WHERE pc.patient_id = users.id)
  OR EXISTS (SELECT 1 FROM clinic_staff cs WHERE cs.user_id = users.id));
ALTER TABLE clinics ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON clinics TO cd_staff USING (id = ANY ((SELECT cd.my_clinics())::uuid[]));
ALTER TABLE prescription_items ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON prescription_items TO cd_staff USING (EXISTS (SELECT 1 FROM prescriptions p WHERE p.id = prescription_items.prescription_id));
CREATE POLICY own ON prescription_drafts AS RESTRICTIVE TO cd_doctor USING (doctor_id = (SELECT cd.my_doctor())) WITH CHECK (doctor_id = (SELECT cd.my_doctor()));
ALTER TABLE doctor_private_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON doctor_private_keys TO cd_doctor USING (login_role = session_user);
ALTER TABLE service_credentials ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON service_credentials FOR SELECT TO cd_staff USING (pg_has_role(session_user, grp, 'MEMBER') AND (clinic_id IS NULL OR clinic_id = ANY ((SELECT cd.my_clinics())::uuid[])));
ALTER TABLE change_feed ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON change_feed TO cd_staff USING (clinic_id IS NULL OR clinic_id = ANY ((SELECT cd.my_clinics())::uuid[]));
ALTER TABLE notifications ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notifications TO cd_staff USING (user_id = (SELECT cd.me()));
ALTER TABLE notification_preferences ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notification_preferences TO cd_staff USING (user_id = (SELECT cd.me()) OR EXISTS (SELECT 1 FROM patient_clinics pc WHERE pc.patient_id = notification_preferences.user_id));
-- correcting patients (patients.register) is not renaming colleagues: prescriptions carry the name as it stands here
CREATE POLICY patients_only ON user_profiles AS RESTRICTIVE FOR UPDATE TO cd_staff USING ((SELECT cd.my_role()) = 'admin'
  OR EXISTS (SELECT 1 FROM users u WHERE u.id = user_profiles.user_id AND u.role = 'patient'));
ALTER TABLE doctor_profiles ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON doctor_profiles TO cd_staff USING (EXISTS (SELECT 1 FROM clinic_staff cs WHERE cs.user_id = doctor_profiles.user_id))
  WITH CHECK (EXISTS (SELECT 1 FROM clinic_staff cs WHERE cs.user_id = doctor_profiles.user_id) AND (clinic_id IS NULL OR clinic_id = ANY ((SELECT cd.my_clinics())::uuid[])));
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['doctor_availability','doctor_leave','doctor_specialties','doctor_keys'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY visible ON %I TO cd_staff USING (EXISTS (SELECT 1 FROM doctor_profiles d WHERE d.id = %I.doctor_id))', t, t);
  END LOOP;
END $$;
CREATE POLICY doctor ON doctor_sessions AS RESTRICTIVE TO cd_staff USING (true) WITH CHECK (EXISTS (SELECT 1 FROM doctor_profiles d WHERE d.id = doctor_sessions.doctor_id));
ALTER TABLE analytics_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON analytics_events FOR INSERT TO cd_staff WITH CHECK (user_id IS NULL OR user_id = (SELECT cd.me()));
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON audit_log FOR SELECT TO cd_staff USING (clinic_id = ANY ((SELECT cd.my_clinics())::uuid[]) OR clinic_id IS NULL AND (SELECT cd.me()) IS NOT NULL AND (subject IS NULL
  OR EXISTS (SELECT 1 FROM patient_clinics pc WHERE pc.patient_id = audit_log.subject) OR EXISTS (SELECT 1 FROM clinic_staff cs WHERE cs.user_id = audit_log.subject)));
ALTER TABLE access_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY clinic ON access_log FOR SELECT TO cd_staff USING (EXISTS (SELECT 1 FROM patient_clinics pc WHERE pc.patient_id = access_log.patient_id)
  OR EXISTS (SELECT 1 FROM clinic_staff cs WHERE cs.user_id = access_log.user_id));
