{{/*
The five services: what differs between them, in one place. `follows` names whose journal a service reads; `true`: it does not
start without, `false`: it does where that service is installed. `vault`: it seals identity and needs the keys.
*/}}
{{- define "mahila-lib.suite" -}}
station-registry:
  short: registry
  grpc: [mahila.registry.v1.RegistryService, mahila.type.v1.VocabularyService]
  follows: {}
complaint-intake:
  short: intake
  grpc: [mahila.intake.v1.IntakeService]
  follows: {station-registry: true, review-scheduling: false}
  vault: true
review-scheduling:
  short: review
  grpc: [mahila.review.v1.ReviewService]
  follows: {station-registry: true, complaint-intake: true}
awareness-campaigns:
  short: campaigns
  grpc: [mahila.campaign.v1.CampaignService]
  follows: {station-registry: true}
oversight:
  short: oversight
  grpc: [mahila.oversight.v1.OversightService]
  follows: {station-registry: true, complaint-intake: true, review-scheduling: false, awareness-campaigns: false}
{{- end }}

{{/* The service of this chart: its row above, with `name`, and `follows` reduced to a sorted list of those it follows here. */}}
{{- define "mahila-lib.service" -}}
{{- $suite := include "mahila-lib.suite" . | fromYaml }}
{{- $service := get $suite .Chart.Name }}
{{- $follows := list }}
{{- range $peer, $required := $service.follows }}
{{- if or $required (get $.Values.global.services $peer) }}
{{- $follows = append $follows $peer }}
{{- end }}
{{- end }}
{{- $followers := list }}
{{- range $name, $other := $suite }}
{{- if hasKey $other.follows $.Chart.Name }}
{{- $followers = append $followers $name }}
{{- end }}
{{- end }}
{{- $peers := dict }}
{{- range $follows }}
{{- $_ := set $peers . (get $suite .).short }}
{{- end }}
{{- toYaml (merge (dict "name" .Chart.Name "follows" $follows "peers" $peers "followers" $followers) $service) }}
{{- end }}
