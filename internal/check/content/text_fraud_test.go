package content

import (
	"strings"
	"testing"

	"postern/internal/check/checktest"
)

func TestFraudText(t *testing.T) {
	body := func(text string) string {
		head, _, _ := strings.Cut(checktest.Clean, "\n\n")
		return head + "\n\n" + text + "\n"
	}
	checktest.Run(t, FraudText(), append(quietOnClean(FraudText()), []checktest.Case{
		{Name: "my name", Symbol: "INTRODUCTION", Fires: true, Message: body("Hello,\n\nMy name is Grace Example and")},
		{Name: "I am Mrs", Symbol: "INTRODUCTION", Fires: true, Message: body("Dear friend, I am Mrs. Grace Example.")},
		{Name: "this is Dr", Symbol: "INTRODUCTION", Fires: true, Message: body("this is Dr John Example of the bank")},
		{Name: "file name", Symbol: "INTRODUCTION", Message: body("The file name is too long.")},
		{Name: "dummy name", Symbol: "INTRODUCTION", Message: body("This dummy name is free.")},
		{Name: "I am dreaming", Symbol: "INTRODUCTION", Message: body("I am dreaming, this is strange.")},
		{Name: "tracker", Symbol: "TRACKER_ID", Fires: true, Message: body("Buy now.\n\nxk3qz9-ab12cdw7e88f"), Evidence: "xk3qz9"},
		{Name: "signature", Symbol: "TRACKER_ID", Message: body("Hello.\n\n-- \nAlice Example")},
		{Name: "host name", Symbol: "TRACKER_ID", Message: body("Hello.\n\nsome-long-hyphenated-word")},
		{Name: "hash alone", Symbol: "TRACKER_ID", Message: body("xk3qz9-ab12cdw7e88f")},
	}...))
}
