-- A clean mail gets its headers; nothing that the door did without is sent.
conn = mt.connect("inet:" .. port .. "@127.0.0.1")
if conn == nil then error "connecting" end

if mt.conninfo(conn, "mail.example.com", "192.0.2.1") ~= nil then error "conninfo" end
mt.macro(conn, SMFIC_HELO, "{tls_version}", "TLSv1.3")
if mt.helo(conn, "mail.example.com") ~= nil then error "helo" end
mt.macro(conn, SMFIC_MAIL, "{auth_authen}", "", "i", "")
if mt.mailfrom(conn, "<alice@example.com>", "SIZE=100") ~= nil then error "mailfrom" end
mt.macro(conn, SMFIC_RCPT, "i", "4ABC")
if mt.rcptto(conn, "<bob@example.net>") ~= nil then error "rcptto" end

if not mt.test_action(conn, SMFIF_ADDHDRS) then error "adding headers was not asked for" end
if not mt.test_action(conn, SMFIF_CHGHDRS) then error "changing headers was not asked for" end
if not mt.test_action(conn, SMFIF_QUARANTINE) then error "quarantine was not asked for" end
if mt.test_action(conn, SMFIF_CHGBODY) then error "changing bodies was asked for" end
if mt.test_option(conn, SMFIP_NOBODY) then error "no body was asked for" end
if not mt.test_option(conn, SMFIP_NOUNKNOWN) then error "unknown commands were asked for" end

if mt.header(conn, "From", " alice@example.com") ~= nil then error "header" end
if mt.header(conn, "X-Spam", " forged") ~= nil then error "header" end
if mt.header(conn, "Subject", " greetings") ~= nil then error "header" end
if mt.bodystring(conn, "Hello\r\n") ~= nil then error "body" end
if mt.eom(conn) ~= nil then error "eom" end
if mt.getreply(conn) ~= SMFIR_CONTINUE then error "the mail was not let through" end
if not mt.eom_check(conn, MT_HDRADD, "X-Spam-Score") then error "no header was added" end
if not mt.eom_check(conn, MT_HDRDELETE, "X-Spam") then error "the forged header is still there" end
if not mt.eom_check(conn, MT_HDRINSERT, "Authentication-Results") then error "no header was inserted" end
mt.disconnect(conn)
