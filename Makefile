# The commands of the project; README.md says what they are for.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT  ?= $(shell git rev-parse --short HEAD 2>/dev/null || echo unknown)
LDFLAGS  = -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT)

.PHONY: build run test unit bench lint generate packages clean

# build makes the static binary bin/postern.
build:
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/postern ./cmd/postern

# run sets everything up and starts Postern on loopback with embedded storage
# in ./postern-data; stop it with Ctrl-C.
run: build
	./bin/postern serve --data ./postern-data

# test installs the peers that tests talk to, checks the style and runs every
# test, those against real mail servers too.
test: packages lint unit

# unit runs the tests without looking for packages first.
unit:
	go test -race -shuffle=on -timeout 20m ./...

# bench prints the figures that docs/performance.md keeps. POSTERN_CORPORA
# names a folder of unpacked mail corpora; without it made-up mail is used.
bench:
	go test -run '^$$' -bench . -benchmem ./...

# lint: gofmt, go vet and staticcheck must have nothing to say.
lint:
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); \
	if [ -n "$$unformatted" ]; then echo "not gofmt-ed:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go -C tools build -o ../bin/staticcheck honnef.co/go/tools/cmd/staticcheck
	./bin/staticcheck ./...

# generate makes the files that are made from the code.
generate:
	go generate ./...

# packages installs the Debian packages that tests talk to, where they are
# missing and this is a Debian machine on which we may.
packages:
	sh scripts/test-packages.sh

clean:
	rm -rf bin
