-- Spam is rejected at the end of data with code, enhanced code and text, and
-- the next message of the connection is judged anew.
conn = mt.connect("inet:" .. port .. "@127.0.0.1")
if conn == nil then error "connecting" end
if mt.conninfo(conn, "mail.example.com", "192.0.2.1") ~= nil then error "conninfo" end

function send(subject)
	if mt.mailfrom(conn, "<alice@example.com>") ~= nil then error "mailfrom" end
	if mt.rcptto(conn, "<bob@example.net>") ~= nil then error "rcptto" end
	if mt.header(conn, "Subject", " " .. subject) ~= nil then error "header" end
	if mt.bodystring(conn, "Hello\r\n") ~= nil then error "body" end
	if mt.eom(conn) ~= nil then error "eom" end
end

send("reject")
if mt.getreply(conn) ~= SMFIR_REPLYCODE then error "no reply code" end
if not mt.eom_check(conn, MT_SMTPREPLY, "550", "5.7.1", "100%% spam") then error "another reply" end
if mt.eom_check(conn, MT_HDRADD) then error "rejected mail got headers" end

send("defer")
if mt.getreply(conn) ~= SMFIR_REPLYCODE then error "no reply code" end
if not mt.eom_check(conn, MT_SMTPREPLY, "451", "4.7.1", "Try again later") then error "another reply" end

send("drop")
if mt.getreply(conn) ~= SMFIR_DISCARD then error "not discarded" end

send("hold")
if mt.getreply(conn) ~= SMFIR_CONTINUE then error "not accepted" end
if not mt.eom_check(conn, MT_QUARANTINE, "looks bad") then error "not held" end

send("mark")
if mt.getreply(conn) ~= SMFIR_CONTINUE then error "not accepted" end
if not mt.eom_check(conn, MT_HDRCHANGE, "Subject", " [spam] mark") then error "the subject is not marked" end

if mt.mailfrom(conn, "<alice@example.com>") ~= nil then error "mailfrom" end
if mt.abort(conn) ~= nil then error "abort" end
if mt.abort(conn) ~= nil then error "abort" end
send("fine")
if mt.getreply(conn) ~= SMFIR_CONTINUE then error "not accepted" end
mt.disconnect(conn)
