package restrict

import (
	"net/netip"
	"strconv"
)

func itoa(n int) string { return strconv.Itoa(n) }

// portText gives a port, "" for none.
func portText(port uint16) string {
	if port == 0 {
		return ""
	}
	return strconv.Itoa(int(port))
}

// addrText gives an address in text, "" for none.
func addrText(ip netip.Addr) string {
	if !ip.IsValid() {
		return ""
	}
	return ip.Unmap().String()
}
