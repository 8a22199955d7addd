(private-key
 (ecc
  (curve Ed25519)
  (flags eddsa)
  (q #40D75A980182B10AB7D54BFED3C964073A0EE172F3DAA62325AF021A68F707511A#)
  (d "quoted \"text\"\n with \x41 escapes")
  (base64 |YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXo=|)
  (hinted [text/plain]token)))
