-- Version 2: every event has its answer.
conn = mt.connect("inet:" .. port .. "@127.0.0.1")
if conn == nil then error "connecting" end
if mt.negotiate(conn, 2, 63, 127) ~= nil then error "negotiate" end
if mt.test_option(conn, SMFIP_NR_HDR) then error "silence was asked for" end

function going(err, what)
	if err ~= nil then error(what .. ": " .. err) end
	if mt.getreply(conn) ~= SMFIR_CONTINUE then error(what .. ": no answer") end
end
going(mt.conninfo(conn, "mail.example.com", "192.0.2.1"), "conninfo")
going(mt.helo(conn, "mail.example.com"), "helo")
going(mt.mailfrom(conn, "<alice@example.com>"), "mailfrom")
going(mt.rcptto(conn, "<bob@example.net>"), "rcptto")
if mt.rcptto(conn, "<nobody@example.net>") ~= nil then error "rcptto" end
if mt.getreply(conn) ~= SMFIR_REPLYCODE then error "the recipient was not refused" end
going(mt.header(conn, "Subject", "greetings"), "header")
going(mt.bodystring(conn, "Hello\r\n"), "body")
going(mt.eom(conn), "eom")
if not mt.eom_check(conn, MT_HDRADD, "X-Spam-Score", "1.00") then error "no header was added" end
mt.disconnect(conn)
