// SPDX-License-Identifier: MIT

// peer_go.go: the same workloads in Go, on one P.  Goroutines move between OS threads, and the
// collector has threads of its own: the time is the CPU time of the process, which holds all of
// them.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"unsafe"
)

const clockProcessCPUTime = 2

func nowNs() float64 {
	var now syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, clockProcessCPUTime,
		uintptr(unsafe.Pointer(&now)), 0)
	return float64(now.Sec)*1e9 + float64(now.Nsec)
}

func figure(value float64) {
	fmt.Printf("figure %.4f\n", value)
}

func fail(what string) {
	fmt.Fprintln(os.Stderr, what, "failed")
	os.Exit(1)
}

// Resident bytes and page tables of this process.
func memoryBytes() float64 {
	status, err := os.Open("/proc/self/status")
	if err != nil {
		fail("reading /proc/self/status")
	}
	defer status.Close()
	kib := 0.0
	for lines := bufio.NewScanner(status); lines.Scan(); {
		word := strings.Fields(lines.Text())
		if len(word) > 1 && (word[0] == "VmRSS:" || word[0] == "VmPTE:") {
			value, _ := strconv.ParseFloat(word[1], 64)
			kib += value
		}
	}
	return kib * 1024
}

func yieldFlat(n, operations, repetitions int) {
	stop := false
	for i := 1; i < n; i++ {
		go func() {
			for !stop {
				runtime.Gosched()
			}
		}()
	}
	rounds := operations / n
	if rounds < 3 {
		rounds = 3
	}
	runtime.Gosched()
	runtime.Gosched()
	for r := 0; r < repetitions; r++ {
		start := nowNs()
		for i := 0; i < rounds; i++ {
			runtime.Gosched()
		}
		figure((nowNs() - start) / float64(rounds*n))
	}
	stop = true
}

func pingpong(n, operations, repetitions int) {
	ping, pong := make(chan uint64), make(chan uint64)
	go func() {
		for value := range ping {
			pong <- value + 1
		}
	}()
	value := uint64(0)
	for r := 0; r < repetitions; r++ {
		start := nowNs()
		for i := 0; i < operations/2; i++ {
			ping <- value
			value = <-pong
		}
		figure((nowNs() - start) / float64(operations))
	}
}

func stream(capacity, operations, repetitions int) {
	channel, done := make(chan uint64, capacity), make(chan uint64)
	go func() {
		sum := uint64(0)
		for value := range channel {
			sum += value
		}
		done <- sum
	}()
	for r := 0; r < repetitions; r++ {
		start := nowNs()
		for i := 0; i < operations; i++ {
			channel <- uint64(i)
		}
		figure((nowNs() - start) / float64(operations))
	}
	close(channel)
	<-done
}

func ring(n, operations, repetitions int) {
	hop, done := make([]chan uint64, n), make(chan bool)
	for i := range hop {
		hop[i] = make(chan uint64)
	}
	doneAt := 0.0
	for i := range hop {
		go func(in, out chan uint64) {
			for token := range in {
				if token == 0 {
					doneAt = nowNs()
					done <- true
				} else {
					out <- token - 1
				}
			}
		}(hop[i], hop[(i+1)%n])
	}
	for r := 0; r < repetitions; r++ {
		start := nowNs()
		hop[0] <- uint64(operations - 1)
		<-done
		figure((doneAt - start) / float64(operations))
	}
}

var count int

func countOne() {
	count++
}

func spawnOne(n, operations, repetitions int) {
	for r := 0; r < repetitions; r++ {
		start := nowNs()
		for i := 0; i < operations; i++ {
			go countOne()
			runtime.Gosched()
		}
		figure((nowNs() - start) / float64(operations))
	}
	if count != operations*repetitions {
		fail("counting the goroutines")
	}
}

func spawnMany(n, operations, repetitions int) {
	for r := 0; r < repetitions; r++ {
		start := nowNs()
		for i := 0; i < n; i++ {
			go countOne()
		}
		for count < n*(r+1) {
			runtime.Gosched()
		}
		figure((nowNs() - start) / float64(n))
	}
}

const children = 10

func nest(out chan uint64, number uint64, leaves, capacity int) {
	if leaves == 1 {
		out <- number
		return
	}
	in := make(chan uint64, capacity)
	for i := 0; i < children; i++ {
		go nest(in, number+uint64(i*(leaves/children)), leaves/children, capacity)
	}
	sum := uint64(0)
	for i := 0; i < children; i++ {
		sum += <-in
	}
	out <- sum
}

func skynet(capacity int) func(int, int, int) {
	return func(leaves, operations, repetitions int) {
		for r := 0; r < repetitions; r++ {
			root := make(chan uint64, capacity)
			start := nowNs()
			go nest(root, 0, leaves, capacity)
			total := <-root
			figure((nowNs() - start) / 1e6)
			if total != uint64(leaves)*uint64(leaves-1)/2 {
				fail("adding up skynet")
			}
		}
	}
}

func mutexPair(n, operations, repetitions int) {
	var mutex sync.Mutex
	for r := 0; r < repetitions; r++ {
		start := nowNs()
		for i := 0; i < operations; i++ {
			mutex.Lock()
			mutex.Unlock()
		}
		figure((nowNs() - start) / float64(operations))
	}
}

//go:noinline
func touch(buffer *[256]byte) {
	for i := range buffer {
		buffer[i] = 1
	}
}

func parkedBytes(n, operations, repetitions int) {
	never := make(chan uint64)
	parked := 0
	for i := 0; i < n; i++ {
		go func() {
			var buffer [256]byte
			touch(&buffer)
			parked++
			<-never
			touch(&buffer)
		}()
	}
	for parked < n {
		runtime.Gosched()
	}
	runtime.Gosched()
	figure(memoryBytes() / float64(n))
}

func main() {
	if len(os.Args) != 5 {
		fmt.Fprintln(os.Stderr, "usage: peer_go WORKLOAD N OPERATIONS REPETITIONS")
		os.Exit(2)
	}
	runtime.GOMAXPROCS(1)
	run := map[string]func(int, int, int){
		"yield":             yieldFlat,
		"channel":           pingpong,
		"stream":            stream,
		"ring503":           ring,
		"mutex":             mutexPair,
		"spawn":             spawnOne,
		"spawn_1m":          spawnMany,
		"skynet_queued":     skynet(children),
		"skynet_rendezvous": skynet(0),
		"parked_bytes":      parkedBytes,
	}[os.Args[1]]
	if run == nil {
		fmt.Fprintln(os.Stderr, "peer_go: no workload", os.Args[1])
		os.Exit(2)
	}
	var number [3]int
	for i := range number {
		value, err := strconv.Atoi(os.Args[i+2])
		if err != nil {
			fmt.Fprintln(os.Stderr, "peer_go:", err)
			os.Exit(2)
		}
		number[i] = value
	}
	run(number[0], number[1], number[2])
}
