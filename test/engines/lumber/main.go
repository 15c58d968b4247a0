// Sends events over Lumberjack v2 with Elastic's own client and prints how many were acknowledged.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/elastic/go-lumber/client/v2"
)

func main() {
	address := flag.String("address", "", "host:port")
	events := flag.Int("events", 1000, "how many")
	window := flag.Int("window", 100, "events of one window")
	flag.Parse()
	client, err := v2.SyncDial(*address, v2.CompressionLevel(3), v2.Timeout(30*time.Second))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	defer client.Close()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	acknowledged := 0
	for first := 0; first < *events; first += *window {
		batch := []interface{}{}
		for n := first; n < first+*window && n < *events; n++ {
			batch = append(batch, map[string]interface{}{
				"@timestamp": start.Add(time.Duration(n) * time.Millisecond).Format(time.RFC3339Nano),
				"message":    fmt.Sprintf("order %d failed: connection refused", n),
				"host":       map[string]string{"name": "beat-1"},
				"log":        map[string]interface{}{"offset": n, "file": map[string]string{"path": "/var/log/order.log"}},
			})
		}
		count, err := client.Send(batch)
		acknowledged += count
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	fmt.Println(acknowledged)
}
