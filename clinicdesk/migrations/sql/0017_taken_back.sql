-- A cancellation that is taken back at once: what it gave back by rule is received again, by lines of its own (spec 1.8).
CREATE FUNCTION cd.refunds_taken_back() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE r payments; till uuid;
BEGIN
  FOR r IN SELECT p.* FROM appointments o JOIN payments p ON p.appointment_id = o.id AND p.kind = 'refund' AND p.received_at >= o.cancelled_at AND p.reason LIKE 'cancelled: %'
      WHERE o.id = NEW.rescheduled_from_id AND o.status = 'cancelled' ORDER BY p.received_at, p.receipt_number LOOP
    -- into the drawer that it was taken from, unless that one is counted meanwhile
    SELECT id INTO till FROM cash_shifts WHERE id = r.shift_id AND closed_at IS NULL FOR SHARE;
    INSERT INTO payments(clinic_id, patient_id, appointment_id, prescription_id, kind, amount, currency, method, receipt_number, reason, received_by, shift_id)
      VALUES (r.clinic_id, r.patient_id, NEW.id, r.prescription_id, 'payment', -r.amount, r.currency, r.method, cd.receipt_numbered(r.clinic_id), 'cancellation taken back', cd.me(), coalesce(till, cd.my_shift(r.clinic_id)));
    PERFORM cd.figures(r.clinic_id);
  END LOOP;
  RETURN NULL;
END $$;
CREATE TRIGGER f_taken_back AFTER INSERT ON appointments FOR EACH ROW WHEN (NEW.rescheduled_from_id IS NOT NULL) EXECUTE FUNCTION cd.refunds_taken_back();
-- what a merge's preview lists: also series of appointments and answered warnings (spec 2.3)
CREATE OR REPLACE FUNCTION cd.linked_records(p_patient uuid) RETURNS TABLE(kind text, id uuid, at timestamptz, what text) LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE clinical boolean := cd.my_role() IN ('doctor','nurse','pharmacist');
BEGIN   -- everything that names this patient; clinical words only for those who treat
  PERFORM cd.require_patient(p_patient);
  PERFORM cd.require_records();
  RETURN QUERY SELECT x.* FROM (
    SELECT 'appointments' AS k, a.id AS i, a.created_at AS t, to_char(a.appointment_date, 'DD.MM.YYYY') || ' ' || to_char(a.start_time, 'HH24:MI') || ', ' || a.status::text AS w FROM appointments a WHERE a.patient_id = p_patient
    UNION ALL SELECT 'waiting_list', w.id, w.created_at, w.status::text FROM waiting_list w WHERE w.patient_id = p_patient
    UNION ALL SELECT 'payments', y.id, y.received_at, y.receipt_number || ', ' || y.amount::text || ' ' || y.currency FROM payments y WHERE y.patient_id = p_patient
    UNION ALL SELECT 'visits', v.id, v.created_at, to_char(v.visit_date, 'DD.MM.YYYY') || ', ' || v.status::text FROM visits v WHERE v.patient_id = p_patient
    UNION ALL SELECT 'prescriptions', r.id, r.created_at, r.prescription_number::text || ', ' || r.status::text FROM prescriptions r WHERE r.patient_id = p_patient
    UNION ALL SELECT 'prescription_drafts', f.id, f.updated_at, '' FROM prescription_drafts f WHERE f.patient_id = p_patient
    UNION ALL SELECT 'patient_allergies', l.id, l.recorded_at, CASE WHEN clinical THEN l.substance::text ELSE '' END FROM patient_allergies l WHERE l.patient_id = p_patient
    UNION ALL SELECT 'patient_problems', b.id, b.recorded_at, CASE WHEN clinical THEN b.description::text ELSE '' END FROM patient_problems b WHERE b.patient_id = p_patient
    UNION ALL SELECT 'patient_measures', m.id, m.measured_at, CASE WHEN clinical THEN m.kind::text ELSE '' END FROM patient_measures m WHERE m.patient_id = p_patient
    UNION ALL SELECT 'patient_guardians', g.id, g.recorded_at, g.name || ', ' || g.relation FROM patient_guardians g WHERE g.patient_id = p_patient OR g.person_id = p_patient
    UNION ALL SELECT 'patient_consents', c.id, c.recorded_at, c.purpose::text FROM patient_consents c WHERE c.patient_id = p_patient
    UNION ALL SELECT 'patient_photos', h.id, h.taken_at, '' FROM patient_photos h WHERE h.patient_id = p_patient
    UNION ALL SELECT 'contact_points', o.id, NULL::timestamptz, o.value::text FROM contact_points o WHERE o.user_id = p_patient
    UNION ALL SELECT 'emergency_accesses', e.id, e.broken_at, '' FROM emergency_accesses e WHERE e.patient_id = p_patient
    UNION ALL SELECT 'staff_relatives', s.id, NULL::timestamptz, s.relation::text FROM staff_relatives s WHERE s.patient_id = p_patient
    UNION ALL SELECT 'appointment_series', q.id, q.created_at, q.freq::text FROM appointment_series q WHERE q.patient_id = p_patient
    UNION ALL SELECT 'rx_overrides', v.id, v.at, '' FROM rx_overrides v WHERE v.patient_id = p_patient
    UNION ALL SELECT 'notifications', n.id, n.created_at, n.type::text FROM notifications n WHERE n.user_id = p_patient) x(k, i, t, w) ORDER BY x.k, x.t DESC NULLS LAST, x.i;
END $$;
