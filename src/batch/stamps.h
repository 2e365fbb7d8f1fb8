// What a plan knows of the evidence without reading all of it.
#pragma once

#include "limier/batch.h"

namespace limier::batch {

// The stamps of all segments of exhibit.image. Error: a sentence of why the image cannot be planned.
// Why triage will refuse what is there, "" when it is an image: it is planned all the same.
std::string unsupported_image(const std::string& path);
Result<std::vector<SegmentStamp>> stamp_evidence(const Exhibit& exhibit);

// Whether `inner` lies in the folder of the image.
bool lies_beside(const std::string& inner, const std::string& image);

}  // namespace limier::batch
