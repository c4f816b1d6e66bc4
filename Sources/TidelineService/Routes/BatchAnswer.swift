import Events
import HTTPProtocol
import HTTPServer
import Persistence

/// One item of a batch before the log is asked.
enum BatchItem: Sendable {
    case draft(EventDraft)
    case refused(Problem)
}

/// The answer to a batch: every item with its own status, and the sums.
struct BatchAnswer: Sendable {
    let items: [BatchItem]
    let workspace: WorkspaceLog

    /// - Parameter results: the log's answers to the drafts among the items, in order; empty in a dry run.
    func response(to request: Request, results: [ItemResult]) -> Response {
        var sums = (accepted: 0, duplicates: 0, rejected: 0)
        var list = JSONText()
        var rest = results[...]
        list.array(nil, items.enumerated()) { (list: inout JSONText, item: (offset: Int, element: BatchItem)) in
            list.object { (object: inout JSONText) in
                object.member("index", item.offset)
                switch item.element {
                case .refused(let problem): refuse(problem, &object, &sums.rejected)
                case .draft: write(rest.popFirst(), &object, &sums)
                }
            }
        }
        if !items.isEmpty, sums.rejected == items.count { return allRefused(request, list.bytes) }
        var json = JSONText()
        json.object {
            $0.member("accepted", sums.accepted)
            $0.member("duplicates", sums.duplicates)
            $0.member("rejected", sums.rejected)
            $0.member("items", raw: list.bytes)
        }
        return .json(json.bytes)
    }

    /// - Parameter result: nil in a dry run.
    private func write(
        _ result: ItemResult?, _ object: inout JSONText, _ sums: inout (accepted: Int, duplicates: Int, rejected: Int)
    ) {
        switch result {
        case nil:
            sums.accepted += 1
            object.member("status", "valid")
        case .accepted(let receipt, _):
            sums.accepted += 1
            object.member("status", "accepted")
            write(receipt, &object)
        case .duplicate(let receipt):
            sums.duplicates += 1
            object.member("status", "duplicate")
            write(receipt, &object)
        case .conflict:
            refuse(
                Problem(.idempotencyConflict, "This eventId was used for another event."), &object, &sums.rejected)
        case .denied(let denial): refuse(Problem(denial), &object, &sums.rejected)
        }
    }

    private func write(_ receipt: AppendReceipt, _ object: inout JSONText) {
        object.member("eventId", receipt.eventID.text)
        object.member("seq", Int(receipt.sequence))
        object.member("id", StreamPosition(epoch: workspace.epoch, sequence: receipt.sequence).description)
    }

    private func refuse(_ problem: Problem, _ object: inout JSONText, _ rejected: inout Int) {
        rejected += 1
        object.member("status", "rejected")
        object.member("code", problem.code.rawValue)
        object.member("detail", problem.detail)
    }

    /// 422: a problem document that carries the items too.
    private func allRefused(_ request: Request, _ list: [UInt8]) -> Response {
        let problem = Problem(.batchRefused, "Every item was refused; see items.")
        var json = problem.json(instance: String(decoding: request.head.path, as: UTF8.self))
        json.removeLast()
        json +=
            Array(",\"accepted\":0,\"duplicates\":0,\"rejected\":\(items.count),\"items\":".utf8) + list + [
                UInt8(ascii: "}")
            ]
        return .problem(.unprocessableContent, json)
    }
}
