public import Metrics

/// A metric that is recorded as another kind than declared is dropped like an undeclared one.
extension PrometheusRegistry: MetricsFactory {
    /// A counter; one with labels shows as zero from here on.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        self.series(label, dimensions, kind: .counter, as: CounterSeries.self) ?? NOOPMetricsHandler.instance
    }

    /// A counter of fractions.
    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        self.series(label, dimensions, kind: .counter, as: CounterSeries.self) ?? NOOPMetricsHandler.instance
    }

    /// A gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        self.series(label, dimensions, kind: .gauge, as: GaugeSeries.self) ?? NOOPMetricsHandler.instance
    }

    /// A histogram if it aggregates, otherwise a gauge.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate {
            return self.series(label, dimensions, kind: .histogram, as: HistogramSeries.self)
                ?? NOOPMetricsHandler.instance
        }
        return self.series(label, dimensions, kind: .gauge, as: GaugeSeries.self) ?? NOOPMetricsHandler.instance
    }

    /// A histogram of seconds; the name ends in `_seconds`.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        self.series(label, dimensions, kind: .histogram, as: HistogramSeries.self) ?? NOOPMetricsHandler.instance
    }

    /// Removes a counter.
    public func destroyCounter(_ handler: any CounterHandler) {
        self.remove(handler)
    }

    /// Removes a counter of fractions.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
        self.remove(handler)
    }

    /// Removes a gauge.
    public func destroyMeter(_ handler: any MeterHandler) {
        self.remove(handler)
    }

    /// Removes a histogram or a gauge.
    public func destroyRecorder(_ handler: any RecorderHandler) {
        self.remove(handler)
    }

    /// Removes a histogram of seconds.
    public func destroyTimer(_ handler: any TimerHandler) {
        self.remove(handler)
    }

    private func series<Series: MetricSeries>(
        _ name: String,
        _ dimensions: [(String, String)],
        kind: MetricFamily.Kind,
        as type: Series.Type
    ) -> Series? {
        self.family(name, kind: kind)?.series(for: dimensions) as? Series
    }

    private func remove(_ handler: any AnyObject & Sendable) {
        guard let series = handler as? any MetricSeries else { return }
        self.family(series.place.family.name, kind: series.place.family.kind)?.remove(series)
    }
}
