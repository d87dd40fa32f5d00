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
