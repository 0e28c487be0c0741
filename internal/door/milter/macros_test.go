package milter

import "testing"

// The script says what the mail server sends: "D:C j=a" sets a macro for the
// connect command, "C" is the command itself; "end" ends the message.
func TestMacros(t *testing.T) {
	tests := []struct {
		name   string
		script []string
		want   map[string]string
	}{
		{"braces do not matter", []string{"D:C {j}=a", "D:H i=b", "C", "H"}, map[string]string{"j": "a"}},
		{"kept from stage to stage", []string{"D:C j=a", "C", "D:H h=b", "H", "D:M i=", "M", "D:R i=q", "R", "T", "L", "N", "B"},
			map[string]string{"j": "a", "h": "b", "i": "q"}},
		{"latest counts", []string{"D:M i=", "M", "D:R i=q1", "R", "D:E i=q2", "E"}, map[string]string{"i": "q2"}},
		{"next recipient without macros", []string{"D:R r=x", "R", "R"}, map[string]string{"r": ""}},
		{"end of the message", []string{"D:C j=a", "C", "D:M s=b", "M", "D:E i=q", "E", "end"}, map[string]string{"j": "a", "s": "", "i": ""}},
		{"second HELO without TLS", []string{"D:C j=a", "C", "D:H tls_version=x", "H", "H"}, map[string]string{"j": "a", "tls_version": ""}},
		{"second HELO with TLS", []string{"H", "D:H tls_version=x", "H"}, map[string]string{"tls_version": "x"}},
		{"sent early for a later command", []string{"D:E i=q", "L", "N", "B"}, map[string]string{"i": "q"}},
		{"unknown command between", []string{"D:M s=a", "M", "D:U u=b", "U", "R"}, map[string]string{"s": "a", "u": "b"}},
		{"new connection", []string{"D:C j=a x=1", "C", "D:H h=b", "H", "D:C j=c", "C"}, map[string]string{"j": "c", "x": "", "h": ""}},
	}
	for _, tt := range tests {
		var m macros
		for _, step := range tt.script {
			switch {
			case step == "end":
				m.endMessage()
			case step[0] == 'D' && len(step) > 1:
				packet := []byte{step[2]}
				for _, pair := range splitPairs(step[3:]) {
					for i := range len(pair) {
						if pair[i] == '=' {
							packet = append(append(append(append(packet, pair[:i]...), 0), pair[i+1:]...), 0)
							break
						}
					}
				}
				if err := m.set(packet); err != nil {
					t.Fatal(err)
				}
			default:
				m.begin(step[0])
			}
		}
		all := m.all(map[string]string{"j": "old"})
		for name, want := range tt.want {
			if got := m.get(name); got != want || all[name] != want {
				t.Errorf("%s: %s is %q and among all %q, want %q", tt.name, name, got, all[name], want)
			}
		}
	}
}
