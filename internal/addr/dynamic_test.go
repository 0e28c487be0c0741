package addr

import (
	"net/netip"
	"testing"
)

func TestDynamicName(t *testing.T) {
	for _, tc := range []struct {
		name, host, ip string
		want           int
	}{
		{"chosen name", "mail.example.com", "192.0.2.1", 0},
		{"a server's own name", "web-17.example.com", "192.0.2.1", 0},
		{"numbered relay", "mail-ed1-f41.provider.example", "192.0.2.1", 0},
		{"smtp out", "smtp-out-23.example.com", "192.0.2.1", 0},
		{"domain alone", "example.com", "192.0.2.1", 0},
		{"empty", "", "", 0},
		{"static line", "192-0-2-1.static.example.net", "192.0.2.1", 1},
		{"static with a name", "acme.static.example.net", "192.0.2.1", 0},
		{"dynamic with address", "192-0-2-1.dynamic.example.net", "192.0.2.1", 5},
		{"dynamic with number", "dyn-77.example.net", "192.0.2.1", 5},
		{"dial-up", "ppp12.dialup.example.net", "192.0.2.1", 5},
		{"dsl with address", "adsl-192-0-2-1.isp.example", "192.0.2.1", 4},
		{"reversed address", "1.2.0.192.cable.isp.example", "192.0.2.1", 4},
		{"padded address", "dsl192000002001.isp.example", "192.0.2.1", 4},
		{"hex address", "c0000201.pool.isp.example", "192.0.2.1", 4},
		{"dynamic without number", "abc.dynamic.isp.example", "192.0.2.1", 3},
		{"pool with two numbers", "p4-7.pool.isp.example", "192.0.2.1", 3},
		{"generic name of the address", "host-192-0-2-1.isp.example", "192.0.2.1", 2},
		{"cloud host", "ec2-192-0-2-1.compute.cloud.example", "192.0.2.1", 2},
		{"address not known", "a-192-0-2-1.isp.example", "", 2},
		{"another address", "a-10-20-30-40.isp.example", "192.0.2.1", 0},
		{"customer number", "customer-77.isp.example", "192.0.2.1", 1},
		{"word in the provider's name only", "abc.dynamic.example", "192.0.2.1", 0},
		{"IPv6 address", "host1.isp.example", "2001:db8::1", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ip, _ := netip.ParseAddr(tc.ip)
			if got := DynamicName(tc.host, ip); got != tc.want {
				t.Errorf("DynamicName(%q, %s) = %d, want %d", tc.host, tc.ip, got, tc.want)
			}
		})
	}
}
