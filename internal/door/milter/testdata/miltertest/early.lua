-- A filter that may answer anywhere does.
conn = mt.connect("inet:" .. port .. "@127.0.0.1")
if conn == nil then error "connecting" end
if mt.conninfo(conn, "mail.example.com", "192.0.2.1") ~= nil then error "conninfo" end
if mt.getreply(conn) ~= SMFIR_CONTINUE then error "conninfo: no answer" end
if mt.helo(conn, "refused.example.com") ~= nil then error "helo" end
if mt.getreply(conn) ~= SMFIR_REPLYCODE then error "the HELO was not refused" end
mt.disconnect(conn)

conn = mt.connect("inet:" .. port .. "@127.0.0.1")
if mt.conninfo(conn, "mail.example.com", "unspec") ~= nil then error "conninfo" end
if mt.mailfrom(conn, "<refused@example.com>") ~= nil then error "mailfrom" end
if mt.getreply(conn) ~= SMFIR_REPLYCODE then error "the sender was not refused" end
mt.disconnect(conn, false)
