import Metrics
import Unstick

/// What every try to deliver an event tells the metrics backend.
enum DeliveryMetrics {
    static func record(_ status: WebhookDelivery.Status, took: Duration) {
        let outcome =
            switch status {
            case .delivered: "delivered"
            case .pending: "failed"
            case .dead: "dead"
            }
        Counter(label: "unstick_webhook_deliveries_total", dimensions: [("outcome", outcome)]).increment()
        Timer(label: "unstick_webhook_delivery_duration_seconds").record(duration: took)
    }
}
