-- Synthetic patients. Chance is dice(number, seed, purpose, faces), so that the same seed makes the same people.
CREATE TEMP TABLE seed_patients ON COMMIT DROP AS SELECT n AS no, md5('{seed} patient ' || n)::uuid AS id,
      'CD' || lpad((n + 1)::text, 7, '0') || cd.luhn_digit(lpad((n + 1)::text, 7, '0')) AS mrn,
      CASE WHEN pg_temp.dice(n, {seed}, 1, 100) < 54 THEN 'female' ELSE 'male' END AS gender,
      pg_temp.dice(n, {seed}, 2, 65536) AS first, pg_temp.dice(n, {seed}, 3, 65536) AS last,
      date '{today}' - pg_temp.dice(n, {seed}, 4, 29000) - 60 AS born,
      timestamptz '{today} 08:00+01' - interval '1 minute' * (400000 + pg_temp.dice(n, {seed}, 5, 900000)) AS since,
      '+234729' || lpad((1000000 + n::bigint * 3141593 % 9000000)::text, 7, '0') AS phone
    FROM generate_series(0, {count} - 1) n;

CREATE UNIQUE INDEX ON seed_patients (no);

ANALYZE seed_patients;

INSERT INTO users (id, email, phone, password_hash, role, created_at, updated_at)
      SELECT id, lower(mrn) || '@patient.invalid', phone, 'no-login', 'patient', since, since FROM seed_patients;

INSERT INTO user_profiles (id, user_id, first_name, last_name, date_of_birth, gender, address, created_at,
      updated_at)
      SELECT md5('{seed} profile ' || no)::uuid, p.id,
        pg_temp.word(CASE gender WHEN 'female' THEN f.words ELSE m.words END, first),
        pg_temp.word(l.words, last), born, gender::gender_type,
        jsonb_build_object('street', first % 180 + 1 || ' ' || pg_temp.word(s.words, last),
          'city', pg_temp.word(t.words, first), 'state', 'Lagos'), since, since
      FROM seed_patients p, seed_words f, seed_words m, seed_words l, seed_words s, seed_words t
      WHERE f.kind = 'female' AND m.kind = 'male' AND l.kind = 'family' AND s.kind = 'street' AND t.kind = 'town';

INSERT INTO patients (user_id, mrn, sex_for_clinical_use, allergy_status, allergy_status_at, created_at)
      SELECT id, mrn, gender, CASE WHEN no % 11 = 0 THEN 'listed' ELSE 'none_known' END, since, since
      FROM seed_patients;

SELECT setval('mrn_numbers', {count});

INSERT INTO patient_clinics SELECT p.id, c.id FROM seed_patients p JOIN seed_clinics c
      ON c.no = 0 OR c.no = p.no % {clinics};

INSERT INTO contact_points (id, user_id, kind, value)
      SELECT md5('{seed} phone ' || no)::uuid, id, 'phone', phone FROM seed_patients;

INSERT INTO notification_preferences (id, user_id)
      SELECT md5('{seed} preference ' || no)::uuid, id FROM seed_patients;

INSERT INTO patient_allergies (id, patient_id, substance, allergy_class, coded, reaction, recorded_at)
      SELECT md5('{seed} allergy ' || no)::uuid, id, 'amoxicillin', 'ALG01', true, 'rash', since
      FROM seed_patients WHERE no % 11 = 0;

INSERT INTO patient_problems (id, patient_id, code, description, recorded_at)
      SELECT md5('{seed} problem ' || no)::uuid, id, 'I10', 'Essential hypertension', since
      FROM seed_patients WHERE no % 7 = 0 AND born < date '{today}' - 13000;

INSERT INTO patient_measures (id, patient_id, kind, value, measured_at)
      SELECT md5('{seed} weight ' || no)::uuid, id, 'weight',
        round((CASE WHEN born > date '{today}' - 6000 THEN 4 + (date '{today}' - born) / 130.0 ELSE 50 END
          + first % 40 / 2.0)::numeric, 1), since FROM seed_patients;
