import BenchSupport

/// The memory of drains.
struct MemoryReport: Encodable {
    struct Drain: Encodable {
        var stuck: Int
        var peakKilobytes: Int
    }

    var small: Drain
    var large: Drain

    private var ratio: Double { Double(self.large.peakKilobytes) / Double(self.small.peakKilobytes) }

    func printTable() {
        print("| draining | peak of the process |")
        print("|---|---|")
        for drain in [self.small, self.large] {
            print("| \(drain.stuck) stuck jobs | \(fixed(Double(drain.peakKilobytes) / 1024, 1)) MB |")
        }
        Aim.printList([Aim(text: "memory is flat (\(fixed(self.ratio))x)", isMet: self.ratio <= 1.25)])
    }
}
