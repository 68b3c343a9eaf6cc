// SPDX-License-Identifier: MIT

// peer_fiber.cpp: the same workloads with Boost.Fiber: its default scheduler (round robin),
// stacks from its pool.  A fiber launched as "post" waits for its turn, one launched as
// "dispatch" runs at once.  Capacities of its buffered channels are powers of two, of which one
// is never filled: the next one above is taken.
#include "measure.h"

#include <boost/fiber/all.hpp>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace fibers = boost::fibers;
namespace this_fiber = boost::this_fiber;

// As large as ours, without guards: as many fibers as there may be mappings would be too few.
static constexpr std::size_t stack_bytes = 64 * 1024;

// The pool is faster; but it writes to both ends of each stack, and a million of them then take 8
// KiB each.
static fibers::pooled_fixedsize_stack fast_stacks(stack_bytes, 64, 64);
static fibers::fixedsize_stack small_stacks(stack_bytes);

template <typename Body>
static void spawn(Body &&body, fibers::launch policy = fibers::launch::post)
{
	fibers::fiber(policy, std::allocator_arg, fast_stacks, std::forward<Body>(body)).detach();
}

template <typename Body> static void spawn_small(Body &&body)
{
	fibers::fiber(fibers::launch::post, std::allocator_arg, small_stacks,
		      std::forward<Body>(body))
		.detach();
}

static void yield_flat(long n, long operations, int repetitions)
{
	for (long i = 1; i < n; i++) {
		spawn([] {
			for (;;)
				this_fiber::yield();
		});
	}
	const long rounds = operations / n > 3 ? operations / n : 3;
	this_fiber::yield();
	this_fiber::yield();
	for (int r = 0; r < repetitions; r++) {
		const double start = measure_now_ns();
		for (long i = 0; i < rounds; i++)
			this_fiber::yield();
		measure_add((measure_now_ns() - start) / (double)(rounds * n));
	}
}

using unbuffered = fibers::unbuffered_channel<std::uint64_t>;
using buffered = fibers::buffered_channel<std::uint64_t>;

static void pingpong(long, long operations, int repetitions)
{
	static unbuffered ping, pong;
	spawn([] {
		for (std::uint64_t value : ping)
			pong.push(value + 1);
	});
	for (int r = 0; r < repetitions; r++) {
		std::uint64_t value = 0;
		const double start = measure_now_ns();
		for (long i = 0; i < operations / 2; i++) {
			ping.push(value);
			pong.pop(value);
		}
		measure_add((measure_now_ns() - start) / (double)operations);
	}
}

template <typename Channel>
static void stream_through(Channel &channel, long operations, int repetitions)
{
	static volatile std::uint64_t total;
	spawn([&channel] {
		std::uint64_t sum = 0;
		for (std::uint64_t value : channel)
			sum += value;
		total = sum;
	});
	for (int r = 0; r < repetitions; r++) {
		const double start = measure_now_ns();
		for (long i = 0; i < operations; i++)
			channel.push((std::uint64_t)i);
		measure_add((measure_now_ns() - start) / (double)operations);
	}
	channel.close();
	while (total == 0)
		this_fiber::yield();
}

static std::size_t channel_size(long capacity)
{
	std::size_t size = 2;
	while (size - 1 < (std::size_t)capacity)
		size *= 2;
	return size;
}

static void stream(long capacity, long operations, int repetitions)
{
	if (capacity == 0) {
		unbuffered channel;
		stream_through(channel, operations, repetitions);
	} else {
		buffered channel(channel_size(capacity));
		stream_through(channel, operations, repetitions);
	}
}

static void ring(long n, long operations, int repetitions)
{
	static std::vector<std::unique_ptr<unbuffered>> hop;
	static unbuffered done;
	static double done_at;
	for (long i = 0; i < n; i++)
		hop.push_back(std::make_unique<unbuffered>());
	for (long i = 0; i < n; i++) {
		spawn([in = hop[i].get(), out = hop[(i + 1) % n].get()] {
			for (std::uint64_t token : *in) {
				if (token == 0) {
					done_at = measure_now_ns();
					done.push(0);
				} else {
					out->push(token - 1);
				}
			}
		});
	}
	for (int r = 0; r < repetitions; r++) {
		std::uint64_t token = (std::uint64_t)operations - 1;
		const double start = measure_now_ns();
		hop[0]->push(token);
		done.pop(token);
		measure_add((done_at - start) / (double)operations);
	}
}

static void mutex_pair(long, long operations, int repetitions)
{
	fibers::mutex mutex;
	for (int r = 0; r < repetitions; r++) {
		const double start = measure_now_ns();
		for (long i = 0; i < operations; i++) {
			mutex.lock();
			mutex.unlock();
		}
		measure_add((measure_now_ns() - start) / (double)operations);
	}
}

static long count;

static void spawn_one(long, long operations, int repetitions)
{
	for (int r = 0; r < repetitions; r++) {
		const double start = measure_now_ns();
		for (long i = 0; i < operations; i++) {
			spawn([] { count++; });
			this_fiber::yield();
		}
		measure_add((measure_now_ns() - start) / (double)operations);
	}
	if (count != operations * repetitions)
		measure_fail("counting the fibers");
}

static void spawn_many(long n, long, int repetitions)
{
	for (int r = 0; r < repetitions; r++) {
		const double start = measure_now_ns();
		for (long i = 0; i < n; i++)
			spawn_small([] { count++; });
		while (count < n * (r + 1))
			this_fiber::yield();
		measure_add((measure_now_ns() - start) / (double)n);
	}
}

static constexpr int children = 10;
static fibers::launch launch_children = fibers::launch::post;

template <typename Channel> static std::unique_ptr<Channel> make_channel();
template <> std::unique_ptr<unbuffered> make_channel()
{
	return std::make_unique<unbuffered>();
}
template <> std::unique_ptr<buffered> make_channel()
{
	return std::make_unique<buffered>(channel_size(children));
}

template <typename Channel> static void nest(Channel &out, std::uint64_t number, long leaves)
{
	if (leaves == 1) {
		out.push(number);
		return;
	}
	auto in = make_channel<Channel>();
	for (int i = 0; i < children; i++) {
		const long part = leaves / children;
		const std::uint64_t first = number + (std::uint64_t)(i * part);
		spawn([&in = *in, first, part] { nest(in, first, part); }, launch_children);
	}
	std::uint64_t sum = 0;
	for (int i = 0; i < children; i++) {
		std::uint64_t value = 0;
		in->pop(value);
		sum += value;
	}
	out.push(sum);
}

template <typename Channel> static void skynet(long leaves, long, int repetitions)
{
	for (int r = 0; r < repetitions; r++) {
		auto root = make_channel<Channel>();
		std::uint64_t total = 0;
		const double start = measure_now_ns();
		spawn([&root = *root, leaves] { nest(root, 0, leaves); });
		root->pop(total);
		measure_add((measure_now_ns() - start) / 1e6);
		if (total != (std::uint64_t)leaves * (std::uint64_t)(leaves - 1) / 2)
			measure_fail("adding up skynet");
	}
}

static void skynet_at_once(long leaves, long operations, int repetitions)
{
	launch_children = fibers::launch::dispatch;
	skynet<buffered>(leaves, operations, repetitions);
}

static void parked_bytes(long n, long, int)
{
	static unbuffered never;
	static long parked;
	for (long i = 0; i < n; i++) {
		spawn_small([] {
			char buffer[256];
			std::uint64_t value;
			std::memset(buffer, 1, sizeof buffer);
			__asm__ volatile("" ::"r"(buffer) : "memory");
			parked++;
			never.pop(value);
		});
	}
	while (parked < n)
		this_fiber::yield();
	measure_add(measure_memory_bytes() / (double)n);
}

static const measure_workload workloads[] = {
	{ "yield", yield_flat },
	{ "channel", pingpong },
	{ "stream", stream },
	{ "ring503", ring },
	{ "mutex", mutex_pair },
	{ "spawn", spawn_one },
	{ "spawn_1m", spawn_many },
	{ "skynet_at_once", skynet_at_once },
	{ "skynet_queued", skynet<buffered> },
	{ "skynet_rendezvous", skynet<unbuffered> },
	{ "parked_bytes", parked_bytes },
	{ nullptr, nullptr },
};

int main(int argc, char **argv)
{
	return measure_main(argc, argv, workloads);
}
