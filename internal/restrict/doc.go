// Package restrict decides about mail in the words of Postfix's restriction
// lists (SMTPD_ACCESS_README, access(5)): it reads lists such as
// "permit_mynetworks, reject_unauth_destination", evaluates them for a session
// with the order, the carrying over of deferrals and the replies that Postfix
// has, and reports every restriction that fires as a symbol too, so that it
// can be scored instead of obeyed.
//
// A list belongs to a stage: client, helo, sender, relay, recipient, data or
// end_of_data. Each of its items permits, rejects or has no opinion; the first
// opinion ends the list. Permit ends its own list only, reject ends everything.
package restrict
