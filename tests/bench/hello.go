// SPDX-License-Identifier: Apache-2.0

// The program whose start-up is timed.
package main

import "fmt"

func main() {
	fmt.Println("hello")
}
