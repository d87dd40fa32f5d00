-- The calendar: any range of days in one read, and a month's load as sums.

-- Row policies on people and patients would be asked once a row (measured 3 to 5 times the cost). A hash join would
-- read every patient of the clinic to find the few hundred of a week, so the few are looked up one by one.
CREATE FUNCTION cd.schedule_range(p_clinic uuid, p_first date, p_last date) RETURNS TABLE(id uuid, patient_id uuid,
  patient_name text, mrn text, doctor_id uuid, doctor_name text, clinic_id uuid, type_id uuid, type_name text, day date,
  start time, "end" time, status text, consultation_type text, chief_complaint text, fee numeric, paid numeric,
  payment_status text, checked_in_at timestamptz, started_at timestamptz, completed_at timestamptz, overbooked boolean,
  version int, room_id uuid, room_name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_hashjoin = off
SET enable_mergejoin = off AS $$
DECLARE money boolean := cd.my_role() IN ('admin', 'doctor', 'receptionist');
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  RETURN QUERY SELECT a.id, a.patient_id, btrim(u.first_name || ' ' || u.last_name), p.mrn::text, a.doctor_id,
      btrim(du.first_name || ' ' || du.last_name), a.clinic_id, a.appointment_type_id, coalesce(t.name, '')::text,
      a.appointment_date, a.start_time, a.end_time, a.status::text, a.consultation_type::text,
      coalesce(a.chief_complaint, ''), a.fee,
      CASE WHEN NOT money OR a.payment_status = 'pending' AND a.payment_method IS NULL THEN 0
           ELSE coalesce((SELECT sum(y.amount) FROM payments y WHERE y.appointment_id = a.id), 0)
             + CASE WHEN a.rescheduled_from_id IS NULL THEN 0 ELSE coalesce((SELECT sum(y.amount) FROM payments y
                 WHERE y.appointment_id = ANY (ARRAY(SELECT cd.promise(a.rescheduled_from_id)))), 0) END END,
      a.payment_status::text, a.checked_in_at, a.started_at, a.completed_at, a.overbooked, a.row_version, a.room_id,
      coalesce(r.name, '')::text
    FROM appointments a JOIN user_profiles u ON u.user_id = a.patient_id JOIN patients p ON p.user_id = a.patient_id
      JOIN doctor_profiles d ON d.id = a.doctor_id JOIN user_profiles du ON du.user_id = d.user_id
      LEFT JOIN appointment_types t ON t.id = a.appointment_type_id LEFT JOIN rooms r ON r.id = a.room_id
    WHERE a.clinic_id = p_clinic AND a.appointment_date BETWEEN p_first AND p_last
    ORDER BY a.appointment_date, a.start_time, a.id;
END $$;
DROP FUNCTION cd.day_sheet(uuid, date);

-- ``taken`` counts what keeps a doctor busy whatever is asked for: free time is working time without it. ``phases``
-- are counts of every kind: booked, confirmed, arrived, in progress, completed, no show.
CREATE FUNCTION cd.schedule_load(p_clinic uuid, p_first date, p_last date, p_types uuid[], p_phases text[])
RETURNS TABLE(day date, doctor_id uuid, number int, booked int, taken int, phases int[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  RETURN QUERY
    SELECT f.appointment_date, f.doctor_id, count(*) FILTER (WHERE f.wanted)::int,
      coalesce(sum(f.length) FILTER (WHERE f.wanted), 0)::int,
      coalesce(sum(f.length) FILTER (WHERE f.phase <> 'no_show' AND NOT f.overbooked), 0)::int,
      ARRAY[count(*) FILTER (WHERE f.phase = 'pending'), count(*) FILTER (WHERE f.phase = 'confirmed'),
        count(*) FILTER (WHERE f.phase = 'arrived'), count(*) FILTER (WHERE f.phase = 'in_progress'),
        count(*) FILTER (WHERE f.phase = 'completed'), count(*) FILTER (WHERE f.phase = 'no_show')]::int[]
    FROM (SELECT e.*, e.phase = ANY (p_phases) AND (p_types IS NULL OR e.type = ANY (p_types)) AS wanted
      FROM (SELECT a.appointment_date, a.doctor_id, a.overbooked, a.appointment_type_id AS type,
          (extract(epoch FROM a.end_time - a.start_time) / 60)::int AS length,
          CASE WHEN a.status = 'confirmed' AND a.checked_in_at IS NOT NULL THEN 'arrived' ELSE a.status::text END AS phase
        FROM appointments a WHERE a.clinic_id = p_clinic AND a.appointment_date BETWEEN p_first AND p_last
          AND a.status NOT IN ('cancelled', 'rescheduled')) e) f
    GROUP BY 1, 2;
END $$;
