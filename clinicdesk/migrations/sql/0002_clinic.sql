-- Additions to the seed, each with its reason (spec 0.2). Nothing of the seed is changed or dropped.

-- spec 0.2: pharmacies need their own role; rights never hang silently on 'nurse'
ALTER TYPE user_role ADD VALUE IF NOT EXISTS 'pharmacist';
ALTER TYPE staff_role ADD VALUE IF NOT EXISTS 'pharmacist';

-- letters as a search sees them: no case, no accents, no tone marks, Hausa hooks as plain letters (spec 2.2.1)
CREATE FUNCTION cd.fold(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT SET search_path = pg_catalog
AS $$ SELECT translate(regexp_replace(lower(normalize(t, NFKD)), '[\u0300-\u036f]', '', 'g'), 'ɓɗƙƴ', 'bdky') $$;

-- accounts ----------------------------------------------------------------------------------------------------
ALTER TABLE users
  ADD COLUMN login_role name UNIQUE,                    -- the PostgreSQL role of a member of staff; NULL for patients
  ADD COLUMN must_change_password boolean NOT NULL DEFAULT false,
  -- the verifier lives in the server's own catalogue only
  ADD CONSTRAINT users_password_marker CHECK (password_hash IN ('pg_authid', 'no-login')),
  -- lower() differs between Python and a C-locale server for other letters, and the role name depends on it
  ADD CONSTRAINT users_email_ascii CHECK (email ~ '^[!-~]+@[!-~]+$' AND email = lower(email));
ALTER TABLE user_profiles
  ADD CONSTRAINT user_profiles_one_per_user UNIQUE (user_id),
  ADD COLUMN other_names varchar(100),
  ADD COLUMN single_name boolean NOT NULL DEFAULT false,           -- spec 2.1: one name only is allowed
  ADD COLUMN search text GENERATED ALWAYS AS (cd.fold(last_name || ' ' || first_name)) STORED;
CREATE INDEX idx_user_profiles_search ON user_profiles USING gin (search gin_trgm_ops);
ALTER TABLE clinics
  ADD COLUMN timezone varchar(50) NOT NULL DEFAULT 'Africa/Lagos', -- spec 1.6.1
  ADD COLUMN currency char(3) NOT NULL DEFAULT 'NGN',
  ADD COLUMN number integer GENERATED ALWAYS AS IDENTITY;          -- several clinics share one unique prescription_number
ALTER TABLE clinic_staff ADD COLUMN may_overbook boolean NOT NULL DEFAULT false;   -- spec 1.7
ALTER TABLE doctor_profiles
  ADD COLUMN max_overbook integer NOT NULL DEFAULT 0 CHECK (max_overbook BETWEEN 0 AND 3),   -- spec 1.7
  ADD CONSTRAINT doctor_profiles_one_per_user UNIQUE (user_id);
CREATE TABLE clinic_settings(
  clinic_id uuid NOT NULL REFERENCES clinics(id), key varchar(80) NOT NULL, value jsonb NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (clinic_id, key));
-- secrets of the other stores, handed out after sign-in by role
CREATE TABLE service_credentials(
  service text NOT NULL, grp name NOT NULL, clinic_id uuid REFERENCES clinics(id), username text NOT NULL, secret text NOT NULL,
  UNIQUE NULLS NOT DISTINCT (service, grp, clinic_id));
CREATE TABLE installation(
  one boolean PRIMARY KEY DEFAULT true CHECK (one), id uuid NOT NULL DEFAULT gen_random_uuid(),
  documents_database text NOT NULL DEFAULT 'clinicdesk', cache_prefix text NOT NULL DEFAULT 'cd');
INSERT INTO installation DEFAULT VALUES;

-- patients (spec 2) -------------------------------------------------------------------------------------------
CREATE SEQUENCE mrn_numbers START 1;
CREATE TABLE patients(
  user_id uuid PRIMARY KEY REFERENCES users(id),
  mrn varchar(12) NOT NULL UNIQUE CHECK (mrn ~ '^CD[0-9]{8}$'),
  dob_precision varchar(10) NOT NULL DEFAULT 'day' CHECK (dob_precision IN ('day','month','year','estimated')),
  sex_for_clinical_use varchar(10) CHECK (sex_for_clinical_use IN ('male','female')),
  allergy_status varchar(12) NOT NULL DEFAULT 'not_asked' CHECK (allergy_status IN ('not_asked','none_known','listed')),
  allergy_status_at timestamptz, deceased_at timestamptz,
  restricted boolean NOT NULL DEFAULT false,
  merged_into uuid REFERENCES patients(user_id), duplicate_reason text,
  registered_by uuid REFERENCES users(id), created_at timestamptz NOT NULL DEFAULT now(),
  row_version integer NOT NULL DEFAULT 1);
CREATE INDEX idx_patients_mrn ON patients USING gin (mrn gin_trgm_ops);
CREATE TABLE patient_clinics(
  patient_id uuid NOT NULL REFERENCES users(id), clinic_id uuid NOT NULL REFERENCES clinics(id),
  PRIMARY KEY (patient_id, clinic_id));
CREATE INDEX idx_patient_clinics_clinic ON patient_clinics (clinic_id, patient_id);
-- families share phones, and users.phone is unique (spec 0.2)
CREATE TABLE contact_points(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid NOT NULL REFERENCES users(id) ON DELETE CASCADE,
  kind varchar(10) NOT NULL CHECK (kind IN ('phone','email')), value varchar(255) NOT NULL,
  UNIQUE (user_id, kind, value));
CREATE INDEX idx_contact_points_value ON contact_points USING gin (value gin_trgm_ops);
-- clinical rows that the checks at the desk and the pharmacy need, without opening a note (spec 3.7, 3.8)
CREATE TABLE patient_allergies(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), patient_id uuid NOT NULL REFERENCES users(id),
  substance varchar(200) NOT NULL, allergy_class varchar(100) NOT NULL DEFAULT '', coded boolean NOT NULL DEFAULT false,
  kind varchar(12) NOT NULL DEFAULT 'allergy' CHECK (kind IN ('allergy','intolerance')),
  reaction varchar(200) NOT NULL DEFAULT '', severity varchar(10) NOT NULL DEFAULT 'moderate' CHECK (severity IN ('mild','moderate','severe')),
  certainty varchar(12) NOT NULL DEFAULT 'confirmed' CHECK (certainty IN ('suspected','confirmed','refuted')),
  recorded_by uuid REFERENCES users(id), recorded_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX idx_patient_allergies_patient ON patient_allergies (patient_id);
CREATE TABLE patient_problems(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), patient_id uuid NOT NULL REFERENCES users(id),
  code varchar(10) NOT NULL DEFAULT '', description varchar(300) NOT NULL,
  clinical_status varchar(12) NOT NULL DEFAULT 'active' CHECK (clinical_status IN ('active','recurrence','inactive','resolved')),
  certainty varchar(12) NOT NULL DEFAULT 'confirmed' CHECK (certainty IN ('suspected','confirmed','refuted')),
  onset date, recorded_by uuid REFERENCES users(id), recorded_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX idx_patient_problems_patient ON patient_problems (patient_id);
CREATE TABLE patient_measures(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), patient_id uuid NOT NULL REFERENCES users(id), visit_id uuid,
  kind varchar(20) NOT NULL CHECK (kind IN ('weight','height','creatinine','pregnant')), value numeric(9,3) NOT NULL,
  measured_at timestamptz NOT NULL, recorded_by uuid REFERENCES users(id));
CREATE INDEX idx_patient_measures_patient ON patient_measures (patient_id, kind, measured_at DESC);

-- the scheduler (spec 1) --------------------------------------------------------------------------------------
ALTER TABLE appointment_types
  ADD COLUMN buffer_before integer NOT NULL DEFAULT 0, ADD COLUMN buffer_after integer NOT NULL DEFAULT 0;  -- spec 1.4.5
CREATE TABLE rooms(id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id),
  name varchar(100) NOT NULL, is_active boolean NOT NULL DEFAULT true, UNIQUE (clinic_id, name));
CREATE TABLE clinic_holidays(id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id),
  day date NOT NULL, name varchar(100) NOT NULL, UNIQUE (clinic_id, day));
CREATE TABLE doctor_leave(id uuid PRIMARY KEY DEFAULT gen_random_uuid(), doctor_id uuid NOT NULL REFERENCES doctor_profiles(id),
  first_day date NOT NULL, last_day date NOT NULL, start_time time, end_time time,
  state varchar(24) NOT NULL DEFAULT 'approved' CHECK (state IN ('requested','approved','approved_with_conflicts','rejected')),
  note varchar(200) NOT NULL DEFAULT '', CHECK (last_day >= first_day));
CREATE INDEX idx_doctor_leave_doctor ON doctor_leave (doctor_id, first_day, last_day);
CREATE TABLE doctor_sessions(id uuid PRIMARY KEY DEFAULT gen_random_uuid(), doctor_id uuid NOT NULL REFERENCES doctor_profiles(id),
  clinic_id uuid NOT NULL REFERENCES clinics(id), day date NOT NULL, start_time time NOT NULL, end_time time NOT NULL CHECK (end_time > start_time));
CREATE INDEX idx_doctor_sessions_day ON doctor_sessions (clinic_id, day);
ALTER TABLE doctor_availability
  ADD COLUMN valid_from date, ADD COLUMN valid_to date,
  ADD CONSTRAINT doctor_availability_times CHECK (end_time > start_time),                          -- spec 1.5
  ADD CONSTRAINT doctor_availability_break CHECK ((break_start_time IS NULL) = (break_end_time IS NULL)
    AND (break_start_time IS NULL OR break_end_time > break_start_time));
CREATE INDEX idx_doctor_availability_doctor ON doctor_availability (doctor_id, day_of_week);
ALTER TABLE appointments
  ADD COLUMN start_at timestamptz, ADD COLUMN end_at timestamptz,          -- the instants; the seed's columns are the wall clock
  ADD COLUMN created_by uuid REFERENCES users(id), ADD COLUMN confirmed_by uuid REFERENCES users(id),
  ADD COLUMN cancelled_by uuid REFERENCES users(id), ADD COLUMN no_show_by uuid REFERENCES users(id),
  ADD COLUMN checked_in_at timestamptz, ADD COLUMN started_at timestamptz, ADD COLUMN no_show_at timestamptz,
  ADD COLUMN rescheduled_at timestamptz, ADD COLUMN rescheduled_by uuid REFERENCES users(id),
  ADD COLUMN rescheduled_from_id uuid REFERENCES appointments(id), ADD COLUMN rescheduled_to_id uuid REFERENCES appointments(id),
  ADD COLUMN reschedule_count integer NOT NULL DEFAULT 0,
  ADD COLUMN cancel_reason varchar(40), ADD COLUMN late_cancel boolean NOT NULL DEFAULT false,
  ADD COLUMN hold_expires_at timestamptz, ADD COLUMN overbooked boolean NOT NULL DEFAULT false, ADD COLUMN overbook_reason varchar(200),
  ADD COLUMN source varchar(20) NOT NULL DEFAULT 'desk', ADD COLUMN room_id uuid REFERENCES rooms(id),
  ADD COLUMN row_version integer NOT NULL DEFAULT 1,
  -- DEFERRABLE: checked at the end of the statement, so that one UPDATE may swap two appointments
  ADD CONSTRAINT appointments_doctor_free EXCLUDE USING gist (doctor_id WITH =,
    tsrange(appointment_date + start_time, appointment_date + end_time) WITH &&)
    WHERE (status IN ('pending','confirmed','in_progress') AND NOT overbooked) DEFERRABLE INITIALLY IMMEDIATE,
  ADD CONSTRAINT appointments_room_free EXCLUDE USING gist (room_id WITH =,
    tsrange(appointment_date + start_time, appointment_date + end_time) WITH &&)
    WHERE (status IN ('pending','confirmed','in_progress') AND room_id IS NOT NULL) DEFERRABLE INITIALLY IMMEDIATE,
  ADD CONSTRAINT appointments_overbook_reason CHECK (NOT overbooked OR length(btrim(coalesce(overbook_reason, ''))) > 0);
CREATE UNIQUE INDEX appointments_one_overbook_a_start ON appointments (doctor_id, appointment_date, start_time)
  WHERE overbooked AND status IN ('pending','confirmed','in_progress');                            -- spec 1.7
CREATE UNIQUE INDEX appointments_one_successor ON appointments (rescheduled_from_id) WHERE rescheduled_from_id IS NOT NULL;   -- one payment follows one move
CREATE INDEX idx_appointments_clinic_day ON appointments (clinic_id, appointment_date, start_time);
CREATE INDEX idx_appointments_doctor_day ON appointments (doctor_id, appointment_date);
-- spec 1.1 as data; the same table in Python is compared by a test
CREATE TABLE appointment_transitions(
  from_status appointment_status NOT NULL, to_status appointment_status NOT NULL, roles text[] NOT NULL,
  needs_reason boolean NOT NULL, rule varchar(4) NOT NULL, PRIMARY KEY (from_status, to_status));
INSERT INTO appointment_transitions VALUES
  ('pending','confirmed','{receptionist,doctor,admin}',false,'T3'), ('pending','cancelled','{receptionist,doctor,admin}',true,'T4'),
  ('confirmed','cancelled','{receptionist,doctor,admin}',true,'T5'), ('pending','rescheduled','{receptionist,doctor,admin}',false,'T6'),
  ('confirmed','rescheduled','{receptionist,doctor,admin}',false,'T6'), ('confirmed','in_progress','{doctor,nurse}',false,'T7'),
  ('confirmed','no_show','{receptionist,doctor}',false,'T8'), ('in_progress','completed','{doctor}',false,'T9'),
  ('in_progress','cancelled','{doctor,admin}',true,'T10'), ('no_show','confirmed','{receptionist,admin}',false,'C1'),
  ('completed','in_progress','{doctor,admin}',true,'C2');
CREATE TABLE appointment_events(                                                                    -- spec 1.1.4
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), appointment_id uuid NOT NULL REFERENCES appointments(id), clinic_id uuid NOT NULL,
  from_status appointment_status, to_status appointment_status NOT NULL, actor_id uuid, actor_role text,
  at timestamptz NOT NULL DEFAULT clock_timestamp(), reason text, seat text);
CREATE INDEX idx_appointment_events_appointment ON appointment_events (appointment_id, at);
CREATE TABLE waiting_list(                                                                          -- spec 1.10
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), patient_id uuid NOT NULL REFERENCES users(id),
  doctor_id uuid REFERENCES doctor_profiles(id), appointment_type_id uuid REFERENCES appointment_types(id),
  earliest date NOT NULL DEFAULT current_date, latest date NOT NULL, part_of_day varchar(10) NOT NULL DEFAULT 'any' CHECK (part_of_day IN ('any','morning','afternoon')),
  priority integer NOT NULL DEFAULT 2 CHECK (priority BETWEEN 1 AND 3), note varchar(200) NOT NULL DEFAULT '',
  status varchar(10) NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting','booked','withdrawn','expired')),
  appointment_id uuid REFERENCES appointments(id), created_by uuid REFERENCES users(id), created_at timestamptz NOT NULL DEFAULT now(),
  CHECK (latest >= earliest));
CREATE INDEX idx_waiting_list_open ON waiting_list (clinic_id, priority, created_at) WHERE status = 'waiting';

-- money (spec 1.8): the ledger is the truth, the appointment's columns mirror it --------------------------------
CREATE TABLE payments(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), patient_id uuid REFERENCES users(id),
  appointment_id uuid REFERENCES appointments(id), prescription_id uuid REFERENCES prescriptions(id),
  kind varchar(10) NOT NULL CHECK (kind IN ('payment','refund')), amount decimal(12,2) NOT NULL, currency char(3) NOT NULL,
  method varchar(50) NOT NULL, receipt_number varchar(30) NOT NULL, refund_of uuid REFERENCES payments(id), reason text,
  received_by uuid REFERENCES users(id), received_at timestamptz NOT NULL DEFAULT now(), request_id uuid UNIQUE,
  UNIQUE (clinic_id, receipt_number), CHECK ((kind = 'payment' AND amount > 0) OR (kind = 'refund' AND amount < 0 AND refund_of IS NOT NULL)));
CREATE INDEX idx_payments_clinic_time ON payments (clinic_id, received_at);
CREATE INDEX idx_payments_appointment ON payments (appointment_id);
CREATE TABLE counters(clinic_id uuid NOT NULL REFERENCES clinics(id), name varchar(20) NOT NULL, year integer NOT NULL,
  last integer NOT NULL DEFAULT 0, PRIMARY KEY (clinic_id, name, year));                            -- gapless: bumped inside the act

-- visits: the index of the ehr documents; the content lives in the document store -------------------------------
CREATE TABLE visits(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), patient_id uuid NOT NULL REFERENCES users(id),
  doctor_id uuid NOT NULL REFERENCES doctor_profiles(id), appointment_id uuid REFERENCES appointments(id),
  visit_date timestamptz NOT NULL, visit_type varchar(20) NOT NULL CHECK (visit_type IN ('routine','emergency','follow_up','consultation')),
  status varchar(20) NOT NULL DEFAULT 'draft' CHECK (status IN ('draft','signed','amended','entered_in_error')),
  version integer NOT NULL, document_id char(24) NOT NULL, sha256 char(64) NOT NULL, diagnosis_code varchar(10) NOT NULL DEFAULT '',
  author_id uuid REFERENCES users(id), signed_at timestamptz, signed_by uuid REFERENCES users(id),
  created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX idx_visits_patient ON visits (patient_id, visit_date DESC);
CREATE UNIQUE INDEX visits_one_per_appointment ON visits (appointment_id) WHERE appointment_id IS NOT NULL AND status <> 'entered_in_error';
CREATE TABLE visit_versions(                                                                        -- spec 3.9: append-only
  visit_id uuid NOT NULL REFERENCES visits(id), version integer NOT NULL, clinic_id uuid NOT NULL, document_id char(24) NOT NULL, sha256 char(64) NOT NULL,
  previous_sha256 char(64), status varchar(20) NOT NULL, author_id uuid, reason text, at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (visit_id, version));
CREATE TABLE access_log(                                                                            -- spec 3.11
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(), login_role name NOT NULL DEFAULT session_user, user_id uuid NOT NULL, seat text, addr inet DEFAULT inet_client_addr(),
  patient_id uuid NOT NULL, action text NOT NULL CHECK (action IN ('view','edit','sign','export','print','dispense')),
  purpose text NOT NULL, emergency boolean NOT NULL);
CREATE INDEX idx_access_log_patient ON access_log (patient_id, at);

-- prescriptions (spec 4) ----------------------------------------------------------------------------------------
ALTER TABLE medications
  ADD COLUMN atc varchar(7) NOT NULL DEFAULT '', ADD COLUMN splittable boolean NOT NULL DEFAULT true,
  ADD COLUMN search text GENERATED ALWAYS AS (cd.fold(name || ' ' || coalesce(generic_name, ''))) STORED;
CREATE INDEX idx_medications_search ON medications USING gin (search gin_trgm_ops);
-- the strength-form pairs that exist; the seed's two arrays list them apart
CREATE TABLE medication_products(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), medication_id uuid NOT NULL REFERENCES medications(id) ON DELETE CASCADE,
  strength varchar(60) NOT NULL, form varchar(60) NOT NULL, unit varchar(30) NOT NULL, route varchar(30) NOT NULL DEFAULT 'oral',
  price decimal(10,2), pack_size integer NOT NULL DEFAULT 1 CHECK (pack_size > 0), is_active boolean NOT NULL DEFAULT true,
  UNIQUE (medication_id, strength, form));
CREATE TABLE doctor_keys(
  kid text PRIMARY KEY CHECK (kid ~ '^[0-9a-f]{16}$'), doctor_id uuid NOT NULL REFERENCES doctor_profiles(id),
  public_key bytea NOT NULL CHECK (octet_length(public_key) = 32), created_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz, revoke_reason text CHECK (revoke_reason IN ('superseded','left','compromised')), compromised_since timestamptz,
  CHECK (kid = substr(encode(sha256(public_key), 'hex'), 1, 16)));
CREATE UNIQUE INDEX doctor_keys_one_active ON doctor_keys (doctor_id) WHERE revoked_at IS NULL;
CREATE TABLE doctor_private_keys(kid text PRIMARY KEY REFERENCES doctor_keys, login_role name NOT NULL DEFAULT session_user, wrapped bytea NOT NULL);
CREATE TABLE prescription_drafts(                                   -- the enum has no draft: drafts live here until signed
  id uuid PRIMARY KEY, clinic_id uuid NOT NULL REFERENCES clinics(id), patient_id uuid NOT NULL REFERENCES users(id),
  doctor_id uuid NOT NULL REFERENCES doctor_profiles(id), appointment_id uuid REFERENCES appointments(id),
  content jsonb NOT NULL, updated_at timestamptz NOT NULL DEFAULT now());
ALTER TABLE prescriptions
  ADD COLUMN issued_at timestamptz, ADD COLUMN patient_name varchar(220), ADD COLUMN patient_dob date,       -- as signed (spec 4.9.1)
  ADD COLUMN doctor_name varchar(220), ADD COLUMN doctor_license varchar(100), ADD COLUMN checked_against varchar(60) NOT NULL DEFAULT '',
  ADD COLUMN cancelled_at timestamptz, ADD COLUMN cancelled_by uuid REFERENCES users(id), ADD COLUMN cancel_reason varchar(200),
  ADD COLUMN replaces_id uuid REFERENCES prescriptions(id), ADD COLUMN row_version integer NOT NULL DEFAULT 1;
CREATE INDEX idx_prescriptions_clinic_day ON prescriptions (clinic_id, issued_date, status);
CREATE INDEX idx_prescriptions_appointment ON prescriptions (appointment_id);
ALTER TABLE prescription_items
  ADD COLUMN line integer NOT NULL DEFAULT 1, ADD COLUMN strength varchar(60) NOT NULL DEFAULT '', ADD COLUMN form varchar(60) NOT NULL DEFAULT '',
  ADD COLUMN sig jsonb NOT NULL DEFAULT '{}', ADD COLUMN directions text NOT NULL DEFAULT '', ADD COLUMN duration_days integer,
  ADD COLUMN override_rules text NOT NULL DEFAULT '', ADD COLUMN override_reason varchar(40) NOT NULL DEFAULT '', ADD COLUMN override_text varchar(300) NOT NULL DEFAULT '',
  ADD COLUMN supplied integer NOT NULL DEFAULT 0 CHECK (supplied >= 0),
  ADD CONSTRAINT prescription_items_line UNIQUE (prescription_id, line),
  ADD CONSTRAINT prescription_items_quantity CHECK (quantity IS NULL OR quantity > 0),
  ADD CONSTRAINT prescription_items_not_over CHECK (supplied <= coalesce(quantity, 0));              -- spec 4.10

-- stock (spec 5): one row is one batch, the movements are the truth ---------------------------------------------
ALTER TABLE inventory_items
  ADD COLUMN strength varchar(60) NOT NULL DEFAULT '', ADD COLUMN form varchar(60) NOT NULL DEFAULT '',
  ADD COLUMN state varchar(12) NOT NULL DEFAULT 'saleable' CHECK (state IN ('saleable','quarantine','expired','recalled')),
  ADD COLUMN received_date date NOT NULL DEFAULT current_date, ADD COLUMN location varchar(60) NOT NULL DEFAULT '',
  ADD CONSTRAINT inventory_items_stock_not_negative CHECK (current_stock >= 0),
  ADD CONSTRAINT inventory_items_prices CHECK (selling_price >= 0 AND selling_price <> 'NaN' AND unit_cost >= 0 AND unit_cost <> 'NaN');
CREATE INDEX idx_inventory_items_fefo ON inventory_items (clinic_id, medication_id, strength, form, expiry_date) WHERE current_stock > 0;
CREATE INDEX idx_inventory_items_code ON inventory_items (clinic_id, item_code);
ALTER TABLE stock_movements
  ADD COLUMN clinic_id uuid REFERENCES clinics(id), ADD COLUMN balance integer, ADD COLUMN seq bigint GENERATED ALWAYS AS IDENTITY,
  -- spec 5.1: the pairs that exist
  ADD CONSTRAINT stock_movements_pairs CHECK (
    (movement_type = 'in' AND reference_type = 'purchase' AND quantity > 0) OR
    (movement_type = 'out' AND reference_type IN ('sale','expired') AND quantity > 0) OR
    (movement_type = 'adjustment' AND reference_type = 'adjustment' AND quantity <> 0));
CREATE INDEX idx_stock_movements_item ON stock_movements (inventory_item_id, seq);
CREATE INDEX idx_stock_movements_clinic ON stock_movements (clinic_id, created_at);
CREATE TABLE dispenses(
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(), clinic_id uuid NOT NULL REFERENCES clinics(id), prescription_id uuid NOT NULL REFERENCES prescriptions(id),
  prescription_item_id uuid NOT NULL REFERENCES prescription_items(id), inventory_item_id uuid NOT NULL REFERENCES inventory_items(id),
  movement_id uuid NOT NULL REFERENCES stock_movements(id), quantity integer NOT NULL CHECK (quantity > 0), unit_price decimal(10,2),
  dispensed_by uuid REFERENCES users(id), dispensed_at timestamptz NOT NULL DEFAULT clock_timestamp(), request_id uuid NOT NULL);
CREATE INDEX idx_dispenses_prescription ON dispenses (prescription_id);
CREATE INDEX idx_dispenses_request ON dispenses (request_id);
CREATE INDEX idx_dispenses_batch ON dispenses (inventory_item_id);

-- messages (spec 6.5): the states the seed's row does not have --------------------------------------------------
ALTER TABLE notifications
  ADD COLUMN clinic_id uuid REFERENCES clinics(id), ADD COLUMN event varchar(40) NOT NULL DEFAULT '',
  ADD COLUMN state varchar(12) NOT NULL DEFAULT 'queued' CHECK (state IN ('queued','sending','sent','delivered','failed','dead','suppressed','obsolete','cancelled'));
