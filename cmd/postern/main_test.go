package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"postern": main})
}

// TestScripts runs the command line as people do. $DAEMON is the address of a
// control port that answers with the files below www of the script.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("UPDATE_SCRIPTS") != "",
		Setup: func(e *testscript.Env) error {
			www := http.FileServer(http.Dir(filepath.Join(e.WorkDir, "www")))
			server := httptest.NewServer(www)
			e.Defer(server.Close)
			e.Setenv("DAEMON", server.URL)
			e.Setenv("TZ", "UTC")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": exitStatus, "expand": expand, "await": await, "remember": remember,
		},
	})
}
