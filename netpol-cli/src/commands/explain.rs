//! `netpol explain`
