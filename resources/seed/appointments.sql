-- Synthetic appointments, {a_day} for each doctor and working day, and the ledger of what was paid.
INSERT INTO appointments (id, patient_id, doctor_id, clinic_id, appointment_type_id, appointment_date, start_time,
      end_time, start_at, end_at, status, chief_complaint, fee, payment_status, payment_method, created_at, updated_at,
      confirmed_at, checked_in_at, started_at, completed_at, cancelled_at, cancel_reason, no_show_at, hold_expires_at)
    SELECT md5('{seed} appointment ' || x.n)::uuid, p.id, x.doctor, x.clinic, t.id, x.day, x.at, x.at + interval '20 min',
      s.start, s.start + interval '20 min', f.status::appointment_status, 'Synthetic complaint ' || x.fate % 40, t.price,
      (CASE f.status WHEN 'completed' THEN CASE WHEN x.fate % 12 = 0 THEN 'pending' ELSE 'paid' END
        WHEN 'cancelled' THEN 'failed' ELSE 'pending' END)::payment_status,
      CASE WHEN f.status = 'completed' AND x.fate % 12 > 0 THEN (ARRAY['cash','card','transfer','pos'])[1 + x.fate % 4] END,
      c.made, c.made, CASE WHEN f.status <> 'pending' THEN c.made END,
      CASE WHEN f.status = 'completed' THEN s.start - interval '10 min' END,
      CASE WHEN f.status = 'completed' THEN s.start + interval '2 min' END,
      CASE WHEN f.status = 'completed' THEN s.start + interval '18 min' END,
      CASE WHEN f.status = 'cancelled' THEN c.made + interval '1 hour' END,
      CASE WHEN f.status = 'cancelled' THEN 'patient_asked' END,
      CASE WHEN f.status = 'no_show' THEN s.start + interval '30 min' END,
      CASE WHEN f.status = 'pending' THEN s.start END
    FROM (SELECT n, d.id AS doctor, d.clinic, d.no AS doctor_no, y.day,
          time '08:00' + interval '20 min' * (n % {a_day} + CASE WHEN n % {a_day} >= 12 THEN 3 ELSE 0 END) AS at,
          pg_temp.dice(n, {seed}, 6, 1200) AS fate
        FROM generate_series(0, {count} - 1) n JOIN seed_doctors d ON d.no = n / {a_day} % {doctors}
        JOIN seed_days y ON y.no = n / {a_day} / {doctors}) x
      JOIN seed_patients p ON p.no = pg_temp.dice(x.n, {seed}, 7, {each}) * {clinics} + x.doctor_no % {clinics}
      JOIN appointment_types t ON t.name = 'Consultation'
      CROSS JOIN LATERAL (SELECT (x.day + x.at) AT TIME ZONE '{zone}' AS start) s
      CROSS JOIN LATERAL (SELECT CASE WHEN x.day < date '{today}' THEN CASE WHEN x.fate % 100 < 85 THEN 'completed'
          WHEN x.fate % 100 < 91 THEN 'no_show' ELSE 'cancelled' END WHEN x.day = date '{today}' THEN 'confirmed'
          WHEN x.fate % 100 < 86 THEN 'confirmed' WHEN x.fate % 100 < 94 THEN 'pending' ELSE 'cancelled' END AS status) f
      CROSS JOIN LATERAL (SELECT least(s.start - interval '1 minute' * (1500 + x.fate * 20),
          timestamptz '{today} 00:00+01' - interval '1 minute' * x.fate) AS made) c;

INSERT INTO payments (id, clinic_id, patient_id, appointment_id, kind, amount, currency, method, receipt_number,
      received_at, request_id)
    SELECT md5('{seed} payment ' || id)::uuid, clinic_id, patient_id, id, 'payment', fee, 'NGN', payment_method,
      'RC-' || year || '-' || lpad((row_number() OVER (PARTITION BY clinic_id, year ORDER BY completed_at, id))::text,
        greatest(6, length(row_number() OVER (PARTITION BY clinic_id, year ORDER BY completed_at, id)::text)), '0'),
      completed_at + interval '5 min', md5('{seed} request ' || id)::uuid
    FROM (SELECT *, extract(year FROM appointment_date)::int AS year FROM appointments WHERE payment_status = 'paid') a;

INSERT INTO counters (clinic_id, name, year, last) SELECT clinic_id, 'receipt',
      split_part(receipt_number, '-', 2)::int, count(*) FROM payments GROUP BY 1, 3;
