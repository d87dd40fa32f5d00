-- The clinic's administration: limits that hold for every seat, and news of each change.

-- values that the program reads; NOT VALID: rows of before stay, new and changed ones must fit
ALTER TABLE clinic_settings
  ADD CONSTRAINT clinic_settings_idle CHECK (key <> 'idle_lock_minutes' OR jsonb_typeof(value) = 'number' AND (value #>> '{}')::numeric BETWEEN 1 AND 240) NOT VALID,
  ADD CONSTRAINT clinic_settings_flags CHECK (key NOT IN ('care_relation_required','sealed_charts') OR jsonb_typeof(value) = 'boolean') NOT VALID;
ALTER TABLE appointment_types
  ADD CONSTRAINT appointment_types_duration CHECK (duration BETWEEN 1 AND 1440) NOT VALID,
  ADD CONSTRAINT appointment_types_price CHECK (price >= 0) NOT VALID,
  ADD CONSTRAINT appointment_types_buffers CHECK (buffer_before BETWEEN 0 AND 1440 AND buffer_after BETWEEN 0 AND 1440) NOT VALID;
ALTER TABLE doctor_profiles
  ADD CONSTRAINT doctor_profiles_fee CHECK (consultation_fee >= 0) NOT VALID,
  ADD CONSTRAINT doctor_profiles_duration CHECK (consultation_duration BETWEEN 1 AND 1440) NOT VALID;

-- what belongs to one clinic is told there, a doctor's in the doctor's clinics, the rest in every clinic
CREATE FUNCTION cd.feed_setup() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE r jsonb; c uuid; k uuid; d uuid;
BEGIN
  r := CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
  k := coalesce(r ->> 'id', r ->> 'doctor_id', r ->> 'clinic_id')::uuid;
  d := CASE TG_TABLE_NAME WHEN 'doctor_profiles' THEN k ELSE (r ->> 'doctor_id')::uuid END;
  IF d IS NOT NULL THEN
    FOR c IN SELECT s.clinic_id FROM clinic_staff s JOIN doctor_profiles p ON p.user_id = s.user_id WHERE p.id = d LOOP PERFORM cd.tell(c, 'setup', k, TG_OP); END LOOP;
  ELSIF TG_TABLE_NAME = 'clinics' OR r ? 'clinic_id' THEN PERFORM cd.tell(coalesce(r ->> 'clinic_id', r ->> 'id')::uuid, 'setup', k, TG_OP);
  ELSE
    FOR c IN SELECT id FROM clinics LOOP PERFORM cd.tell(c, 'setup', k, TG_OP); END LOOP;
  END IF;
  RETURN NULL;
END $$;
DO $$ DECLARE t text; BEGIN
  FOREACH t IN ARRAY ARRAY['clinics','clinic_settings','clinic_holidays','rooms','appointment_types','medical_specialties','doctor_profiles','doctor_specialties',
      'doctor_availability','doctor_sessions','doctor_leave'] LOOP
    EXECUTE format('CREATE TRIGGER z_feed AFTER INSERT OR UPDATE OR DELETE ON %I FOR EACH ROW EXECUTE FUNCTION cd.feed_setup()', t);
  END LOOP;
END $$;

-- another time zone: booked visits keep their clock time, so their instants are found anew
CREATE FUNCTION cd.zone_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE appointments SET start_time = start_time WHERE clinic_id = NEW.id AND status IN ('pending','confirmed') AND appointment_date >= (now() AT TIME ZONE NEW.timezone)::date;
  RETURN NULL;
END $$;
CREATE TRIGGER m_zone AFTER UPDATE OF timezone ON clinics FOR EACH ROW WHEN (NEW.timezone IS DISTINCT FROM OLD.timezone) EXECUTE FUNCTION cd.zone_changed();
