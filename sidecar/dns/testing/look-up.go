// Asks Go's own resolver, without the C library.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
)

func main() {
	resolver := &net.Resolver{PreferGo: true}
	for _, name := range os.Args[1:] {
		addresses, err := resolver.LookupHost(context.Background(), name)
		if err != nil {
			fmt.Println(name, "none")
			continue
		}
		fmt.Println(name, strings.Join(addresses, " "))
	}
}
