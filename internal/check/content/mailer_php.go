package content

import (
	"context"
	"strings"

	"postern/internal/check"
	"postern/internal/message"
	"postern/internal/verdict"
)

// MailerPHP looks for the marks of mail that PHP programs make.
func MailerPHP() check.Check {
	return check.New(check.Info{
		Name: "mailer_php", Stage: check.Message,
		Symbols: []verdict.Symbol{
			{Name: "HAS_PHPMAILER_SIG", Group: "compromised_hosts", Description: "Sent with PHPMailer"},
			{Name: "X_PHPOS_FAKE", Group: "headers", Score: 3, Description: "PHP script with a user number that no system gives"},
		},
	}, mailerPHP)
}

func mailerPHP(_ context.Context, tx *check.Transaction, out *check.Report) error {
	// PHP writes "UID:FILE"; bulk mailers make up seven digits.
	script := tx.Message.Header().Value("X-PHP-Originating-Script")
	if user, _, ok := strings.Cut(script, ":"); ok && len(user) == 7 && digits(user) && user[0] != '0' {
		out.Add("X_PHPOS_FAKE", script)
	}
	if mark := phpMailer(tx.Message); mark != "" {
		out.Add("HAS_PHPMAILER_SIG", mark)
	}
	return nil
}

// phpMailer gives the mark of that program: its name or its boundaries.
func phpMailer(m *message.Message) string {
	if mailer := m.Header().Value("X-Mailer"); strings.HasPrefix(mailer, "PHPMailer") {
		return mailer
	}
	if b := m.Root().Param("boundary"); strings.HasPrefix(b, "b1_") && len(b) > 16 {
		return "boundary " + b
	}
	return ""
}
