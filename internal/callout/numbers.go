package callout

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"postern/internal/store"
)

// Numbers packs the entry, without Why, into three numbers, for stores that
// keep nothing but numbers. EntryOf reads them.
func (e Entry) Numbers() [3]uint32 {
	// From the lowest bit: status 3, catch-all 1, code 10, and the second and
	// third number of the enhanced code, 8 and 10.
	word := uint32(e.Status)&7 | uint32(e.Code)&0x3ff<<4
	if e.CatchAll {
		word |= 1 << 3
	}
	if parts := strings.Split(e.Enhanced, "."); len(parts) == 3 {
		subject, _ := strconv.ParseUint(parts[1], 10, 8) // what is odd becomes 0
		detail, _ := strconv.ParseUint(parts[2], 10, 10)
		word |= uint32(subject)&0xff<<14 | uint32(detail)&0x3ff<<22
	}
	return [3]uint32{store.Seconds(e.Updated), store.Seconds(e.Probed), word}
}

// EntryOf gives the entry that Numbers packed. The first number of the
// enhanced code is that of the code.
func EntryOf(n [3]uint32) Entry {
	word := n[2]
	e := Entry{
		Status: Status(word & 7), CatchAll: word&(1<<3) != 0,
		Updated: unpackTime(n[0]), Probed: unpackTime(n[1]), Code: int(word >> 4 & 0x3ff),
	}
	if e.Code != 0 {
		e.Enhanced = fmt.Sprintf("%d.%d.%d", e.Code/100, word>>14&0xff, word>>22)
	}
	return e
}

func unpackTime(n uint32) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(int64(n), 0)
}
