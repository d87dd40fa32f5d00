-- What booking and the calendar decide by, in one reading each: row policies were asked once a table for it.
-- The same rights as the policies: only for a clinic of one's own, and only its active doctors.
CREATE FUNCTION cd.active_doctors(p_clinic uuid, p_doctor uuid) RETURNS uuid[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN ARRAY(SELECT d.id FROM doctor_profiles d JOIN clinic_staff s ON s.user_id = d.user_id
    WHERE s.clinic_id = p_clinic AND s.is_active AND (p_doctor IS NULL OR d.id = p_doctor));
END $$;

-- When the clinic and its doctors work.
CREATE FUNCTION cd.plans(p_clinic uuid, p_first date, p_last date, p_doctor uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE staff uuid[] := cd.active_doctors(p_clinic, p_doctor);
BEGIN
  PERFORM cd.require_clinic(p_clinic);
  RETURN jsonb_build_object(
    'opening', (SELECT operating_hours FROM clinics WHERE id = p_clinic),
    'holidays', (SELECT jsonb_object_agg(day, name) FROM clinic_holidays WHERE clinic_id = p_clinic AND day BETWEEN p_first AND p_last),
    'hours', (SELECT jsonb_agg(jsonb_build_object('doctor', w.doctor_id, 'weekday', w.day_of_week, 'start', w.start_time, 'end', w.end_time,
        'available', coalesce(w.is_available, true), 'break_start', w.break_start_time, 'break_end', w.break_end_time,
        'valid_from', w.valid_from, 'valid_to', w.valid_to))
      FROM doctor_availability w WHERE w.doctor_id = ANY (staff) AND coalesce(w.valid_from, p_last) <= p_last AND coalesce(w.valid_to, p_first) >= p_first),
    'sessions', (SELECT jsonb_agg(jsonb_build_object('doctor', s.doctor_id, 'day', s.day, 'start', s.start_time, 'end', s.end_time))
      FROM doctor_sessions s WHERE s.clinic_id = p_clinic AND s.doctor_id = ANY (staff) AND s.day BETWEEN p_first AND p_last),
    'leave', (SELECT jsonb_agg(jsonb_build_object('doctor', l.doctor_id, 'first', l.first_day, 'last', l.last_day, 'start', l.start_time, 'end', l.end_time))
      FROM doctor_leave l WHERE l.doctor_id = ANY (staff) AND l.first_day <= p_last AND l.last_day >= p_first
        AND l.state IN ('approved', 'approved_with_conflicts')));
END $$;

-- The same, with what is booked and what a kind of appointment asks for.
CREATE FUNCTION cd.agenda(p_clinic uuid, p_first date, p_last date, p_doctor uuid, p_type uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE staff uuid[] := cd.active_doctors(p_clinic, p_doctor); mine uuid[] := cd.my_clinics();
BEGIN
  RETURN cd.plans(p_clinic, p_first, p_last, p_doctor) || jsonb_build_object(
    'type', (SELECT jsonb_build_object('duration', t.duration, 'before', t.buffer_before, 'after', t.buffer_after)
      FROM appointment_types t WHERE t.id = p_type),
    'duration', (SELECT d.consultation_duration FROM doctor_profiles d WHERE d.id = p_doctor AND d.id = ANY (staff)),
    'busy', (SELECT jsonb_object_agg(b.doctor_id, b.spans) FROM (
      SELECT a.doctor_id, jsonb_agg(jsonb_build_array(a.id, extract(epoch FROM a.start_at)::bigint, extract(epoch FROM a.end_at)::bigint,
          coalesce(t.buffer_before, 0), coalesce(t.buffer_after, 0))) AS spans
        FROM appointments a LEFT JOIN appointment_types t ON t.id = a.appointment_type_id
        WHERE a.doctor_id = ANY (staff) AND a.appointment_date BETWEEN p_first AND p_last AND a.clinic_id = ANY (mine) AND NOT a.overbooked
          AND (a.status IN ('confirmed', 'in_progress') OR a.status = 'pending' AND coalesce(a.hold_expires_at > now(), true))
        GROUP BY a.doctor_id) b));
END $$;
