import TidelineClient
import Testing

struct BackoffTests {
}
