// CoreDNS with the plugins that the test cluster uses. All of them would bring the kits of three clouds along, and a quarter
// of an hour of compiling.
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"

	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/hosts"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/template"
)

// The order in which a question passes them, until one answers.
func init() {
	dnsserver.Directives = []string{"bind", "errors", "kubernetes", "hosts", "template"}
}

func main() {
	coremain.Run()
}
