{{/*
What rules and boards know of the services, beside what mahila-lib.suite does: the call of each that somebody waits for, and whether
anything runs there by itself.
*/}}
{{- define "mahila-lib.observed" -}}
station-registry:
  call: mahila.registry.v1.RegistryService/CheckIn
  sweeps: true
complaint-intake:
  call: mahila.intake.v1.IntakeService/RegisterComplaint
  sweeps: true
review-scheduling:
  call: mahila.review.v1.ReviewService/RecordDecision
  sweeps: true
awareness-campaigns:
  call: mahila.campaign.v1.CampaignService/ReportEvent
  sweeps: true
oversight:
  call: mahila.oversight.v1.OversightService/GetStatement
  sweeps: false
{{- end -}}

{{/*
Queries are written with short names for what they ask about; here the names become matchers. Called with text (the queries), of (the
matchers of whose series they are) and call (a regular expression of the call that somebody waits for).

  {$of}      all series
  {$unary}   calls: not streams, which last as long as somebody watches, and not methods that nobody serves
  {$waited}  answers to the call that somebody waits for
  $faults    statuses that are our fault. A full house is: whoever was told to come back did not get what she came for
*/}}
{{- define "mahila-lib.observed.queries" -}}
{{- .text
  | replace "{$unary" (printf "{$of, rpc_method!~%q" "_OTHER|.*/(Subscribe|Watch.+|IngestCalls)")
  | replace "{$waited" (printf "{$of, rpc_method=~%q, rpc_response_status_code=\"OK\"" .call)
  | replace "$faults" "UNKNOWN|DEADLINE_EXCEEDED|RESOURCE_EXHAUSTED|INTERNAL|UNAVAILABLE|DATA_LOSS"
  | replace "$of" .of -}}
{{- end -}}
